"""A toy key service for encrypted Parquet: it wraps keys for whoever writes, and unwraps them for those who may."""

import secrets
from collections.abc import Collection, Mapping
from typing import Any

from pyarrow.parquet import encryption

from mlsd_lib.datasets import DataError


class KeyService(encryption.KmsClient):
    """Hands a key named in `may_use` to those only whom it lists under their name; the wrapped keys stand in `vault`.

    A real service runs elsewhere, proves who asks, and notes it; here the access token is the name. `unwrap_key`
    raises PermissionError for a key that is not for who asks.
    """

    def __init__(self, asking: Any, may_use: Mapping[str, Collection[str]], vault: dict[str, bytes]) -> None:
        super().__init__()
        self.who, self.may_use, self.vault = asking.key_access_token, may_use, vault

    def wrap_key(self, key: bytes, name: str) -> str:
        """A token for the key of a file; the key itself stays here."""
        token = secrets.token_hex(8)
        self.vault[token] = key
        return token

    def unwrap_key(self, token: str, name: str) -> bytes:
        """The key behind a token, for who may use the key `name`."""
        if name not in self.may_use.get(self.who, ()):
            raise PermissionError(f"the key {name!r} is not for the {self.who}")
        if token not in self.vault:
            raise DataError(f"The vault holds no key for the token {token}. Read with the service that wrapped it.")
        return self.vault[token]


class KeyRing:
    """What pyarrow needs to write and to read encrypted Parquet with the keys that `may_use` allows, by who asks."""

    def __init__(self, may_use: Mapping[str, Collection[str]]) -> None:
        vault: dict[str, bytes] = {}
        self._crypto = encryption.CryptoFactory(lambda asking: KeyService(asking, may_use, vault))

    def to_write(self, who: str, which: encryption.EncryptionConfiguration) -> Any:
        """The `encryption_properties` of who writes; `which` names the keys of the footer and of columns."""
        return self._crypto.file_encryption_properties(encryption.KmsConnectionConfig(key_access_token=who), which)

    def to_read(self, who: str) -> Any:
        """The `decryption_properties` of who reads."""
        return self._crypto.file_decryption_properties(encryption.KmsConnectionConfig(key_access_token=who))
