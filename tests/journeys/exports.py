"""A small spend export under other headers, with every flaw that a real one has."""

import csv
from pathlib import Path
from typing import Any

MAPPING: dict[str, Any] = {
    "transaction": "Payment No",
    "line": "Row",
    "paid_date": "Paid",
    "supplier_id": "Vendor No",
    "supplier_name": "Vendor",
    "service_area": "Area",
    "expenditure_code": "Code",
    "expenditure_category": "Category",
    "amount": "Net £",
    "date_formats": ["%d-%b-%y"],
}
HEADER = ("Payment No", "Row", "Paid", "Vendor No", "Vendor", "Area", "Code", "Category", "Net £")
LONG = "L" * 46

# payment, day, vendor no, vendor, area, code, net; a comment where a row is there for a flaw
ROWS = (
    ("1001", "03-Feb-15", "V1", "Café Öl Ltd", "Parks", "C100", "1,234.50"),  # thousands; Windows-1252
    ("1001", "03-Feb-15", "V1", "Café Öl Ltd", "Parks", "C200   ", "-34.50"),  # negative line; trailing blanks
    ("1001", "03-Feb-15", "V1", "Café Öl Ltd", "Parks", "C100", "0"),  # zero line
    ("1002", "00:00:00", "V1", "Café Öl Ltd", "Parks", "C100", "999.99"),  # no usable date
    ("1003", "", "V2", "Two Ltd", "Parks", "C100", "1250"),  # no date at all
    ("1004", "31-Feb-15", "V2", "Two Ltd", "Parks", "C100", "-250.00"),  # a day that does not exist; a credit
    ("1005", "04-Feb-15", "V2", "TWO LIMITED", "Parks", "C100", "-250.00"),  # credit; another spelling
    ("1006", "04-Feb-15", "V2", "Two Ltd", "Parks", "C100", "700"),
    ("1006", "04-Feb-15", "V2", "Two Ltd", "Housing", "C100", "-700"),  # adds up to nothing
    ("1007", "00:00:00", "V2", "Two Ltd", "Parks", "C100", "0.00"),  # nothing, and no date either
    ("1008", "04-Feb-15", "V2", "Two Ltd", "Parks", "C100", "0.0"),
    ("1009", "06-Feb-15", "V2", "Two Ltd", "Parks", "C100", "600.1"),  # two dates: the earlier
    ("1009", "05-Feb-15", "V2", "Two Ltd", "Parks", "c100", "0.01"),  # code in another case
    ("1010", "00:00:00", "V2", "Two Ltd", "Parks", "C100", "500"),
    ("1010", "07-Feb-15", "V2", "Two Ltd", "Parks", "C100", "500"),  # one of two lines has a date
    (" 1011 ", "07-Feb-15", " V3 ", "  Redacted personal data ", "", "C100", " 550 "),  # blanks; no area
    ("1012", "07-Feb-15", "20000000_1012", "Redacted personal data", "Parks", "C100", "551"),  # one-off payee
    ("1013", "07-Feb-15", "20000000_1013", "Redacted personal data", "Parks", "C100", "551"),
    ("1014", "07-Feb-15", "V4", "", "Parks", "C100", "9999.99"),  # no name
    ("9001", "08-Feb-15", "V1", "Café Öl Ltd", "Parks", "C100", "100"),  # two suppliers: split
    ("9001", "08-Feb-15", "V2", "Two Ltd", "Parks", "C100", "200"),
    ("9001-2", "08-Feb-15", "V2", "Two Ltd", "Parks", "C100", "300"),  # the suffix is taken
    (LONG, "08-Feb-15", "V1", "Café Öl Ltd", "Parks", "C100", "501.11"),  # the longest number
    ("", "08-Feb-15", "V1", "Café Öl Ltd", "Parks", "C100", "1"),  # unreadable from here on
    ("1020", "08-Feb-15", "", "Nobody", "Parks", "C100", "2.50"),
    ("1021", "08-Feb-15", "V1", "Café Öl Ltd", "Parks", "", "3"),
    ("1022", "08-Feb-15", "V1", "Café Öl Ltd", "Parks", "C100", "four"),
    ("1023", "08-Feb-15", "V1", "Café Öl Ltd", "Parks", "C100", "5.005"),
    ("1024", "08-Feb-15", "V" * 21, "Long", "Parks", "C100", "6"),
    (LONG + "L", "08-Feb-15", "V1", "Café Öl Ltd", "Parks", "C100", "7"),
    ("1025", "08-Feb-15", "V1", "Café Öl Ltd", "Parks", "C1234567890", "8"),
    ("1026", "08-Feb-15", "V1", "Café Öl Ltd", "Parks", "C100", "NaN"),
    ("1027", "08-Feb-15", "V1", "Café Öl Ltd", "Parks", "C100", "Infinity"),
)


def write_export(file: Path) -> Path:
    """The rows above, a row with a cell too many, and two payments of more than a hundred lines; Windows-1252."""
    many = [("9100", "09-Feb-15", "V5", "Many Ltd", "Parks", f"C{100 + each % 2 * 100}", "1") for each in range(100)]
    many += [("9100", "09-Feb-15", "V5", "Many Ltd", "Parks", "C200", "10")]
    many += [("9101", "09-Feb-15", "V5", "Many Ltd", "Parks", f"M{each}", "1") for each in range(101)]
    with file.open("w", encoding="cp1252", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        for payment, day, supplier, name, area, code, net in (*ROWS, *many):
            writer.writerow((payment, "", day, supplier, name, area, code, "Things", net))
        writer.writerow(("1030", "", "08-Feb-15", "V1", "Café Öl Ltd", "Parks", "C100", "Things", "9", "extra"))
    return file
