"""`mlsd simulate` and `mlsd measure`: one's own service in virtual time, its designs compared and searched.

`command` is imported by `mlsd --help` and imports nothing heavy; the engine is `mlsd_lib.simulation`.
"""
