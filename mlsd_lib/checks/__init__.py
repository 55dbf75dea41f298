"""What the readers' *your turn* cells are held against: one module a lesson, named as its notebook without the number.

Where two chapters hold lessons of one name, the later one's module begins with its chapter. A notebook imports `check`
from its module and gives it an id and the reader's answer: expected values, named mistakes and hints lie here so that
nobody reads them before trying. Nothing that a lesson teaches or measures may enter here.
"""
