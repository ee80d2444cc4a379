"""The coding of one line: by today's rules, or, where the ledger row is as it was, as it was posted before."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import msgspec

from integrations.engine.drafts import DraftLine
from integrations.engine.errors import Problem
from integrations.engine.mapping import Rules
from integrations.engine.money import minor_unit
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice, Posting

AND = "\n"  # between the origins of lines that were added together


class Posted:
    """The lines that are on the other side: a ledger row whose coding in the ERP is unchanged keeps theirs.

    `whole` False: the amounts were split before they were posted, so that only the row and its coding are compared.
    """

    def __init__(self, lines: Sequence[DraftLine] = (), *, whole: bool = True) -> None:
        self._whole = whole
        self._by_key = {key: line for line in lines for key in line.source_keys}

    def coding(self, line: DraftLine) -> DraftLine | None:
        """The posted line that `line` was, if nothing about it has changed."""
        found = self._by_key.get(line.source_keys[0]) if line.source_keys else None
        if found is None or (found.origin and line.origin not in found.origin.split(AND)):
            return None
        alone = self._whole and len(found.source_keys) == len(line.source_keys)
        return None if alone and abs(found.amount) != abs(line.amount) else found


class Coder:
    """Gives each line its coding and gathers every problem and every reason on the way."""

    def __init__(self, source: Invoice, rules: Rules, policy: Policy, posted: Posted) -> None:
        self.source, self.rules, self.policy, self._posted = source, rules, policy, posted
        self.day = source.voucher_date or source.invoice_date
        self.problems: list[Problem] = []
        self.why: list[str] = []

    def cost(self, row: Posting, amount: Decimal) -> DraftLine:
        """A cost row on its mapped account and dimensions."""
        line = _line(amount, row.text, (row.key,), origin(row))
        if (kept := self._kept(line)) is not None:
            return kept
        account, why, problem = self.rules.account(self.source.company, row.account, self.day)
        if problem and problem.code == "unmapped_account" and self.policy.unmapped == "fallback":
            account, why, problem = self._own("fallback_account"), f"account {row.account} → fallback", None
        self._note(why, problem)
        dimensions, reasons, problems = self.rules.dimensions(self.source.company, row.dimensions, self.day)
        self.problems += [self._may_be_created(problem) for problem in problems]
        self.why += reasons
        return msgspec.structs.replace(line, account=account, dimensions=dimensions)

    def tax(self, code: str, amount: Decimal, keys: Sequence[str]) -> DraftLine:
        """The tax of one code on the account of that code."""
        line = _line(amount, f"Tax {code}".strip(), tuple(keys), f"tax {code}")
        if (kept := self._kept(line)) is not None:
            return kept
        account, why, problem = self.rules.tax_account(self.source.company, code, self.day)
        self._note(why, problem)
        return msgspec.structs.replace(line, account=account)

    def withheld(self, row: Posting) -> DraftLine:
        """Withheld tax on the account of the settings."""
        words = f"Withholding {row.tax_code}".strip()
        line = _line(row.amount, words, (row.key,), f"withholding {row.tax_code}")
        return self._kept(line) or msgspec.structs.replace(line, account=self._own("withholding_account"))

    def rounding(self, difference: Decimal) -> list[DraftLine]:
        """One visible line for a difference within the tolerance; more, or no account for it, holds the invoice."""
        if not difference:
            return []
        if abs(difference) > self.policy.rounding_tolerance * minor_unit(self.source.currency):
            off = f"{difference} {self.source.currency}"
            words = f"Its lines differ from what the ledger owes by {off}. Correct the postings in the ERP."
            self.problems.append(Problem("lines_do_not_add_up", words, field="lines", value=str(difference)))
            return []
        line = _line(difference, "Rounding", ("rounding",), "rounding")
        return [self._kept(line) or msgspec.structs.replace(line, account=self._own("rounding_account"))]

    def _kept(self, line: DraftLine) -> DraftLine | None:
        posted = self._posted.coding(line)
        if posted is None:
            return None
        self.why.append(f"{line.description or line.source_keys[0]}: as posted before")
        return msgspec.structs.replace(line, account=posted.account, dimensions=posted.dimensions)

    def _own(self, name: str) -> str:
        number = getattr(self.policy, name)
        found = self.rules.accounts.get(number)
        if found and found.active:
            return found.target_id
        words = name.replace("_", " ")
        state = f"{number} does not exist or is inactive on the other side" if number else "is not set"
        message = f"The {words} {state}. Set it in the integration's settings."
        self.problems.append(Problem(name, message, field=name, value=number, blocker=("setting", name)))
        return ""

    def _note(self, why: str, problem: Problem | None) -> None:
        if problem:
            self.problems.append(self._may_be_created(problem))
        else:
            self.why.append(why)

    def _may_be_created(self, problem: Problem) -> Problem:
        if not self.policy.create_missing or not problem.code.startswith("unmapped_"):
            return problem
        return replace(problem, message=f"{problem.message} Or create it there under the same number.")


def origin(row: Posting) -> str:
    """A row's coding in the ERP, as text."""
    parts = [f"{part}={value}" for part, value in sorted(row.dimensions.items()) if value]
    return " ".join([row.account, *parts])


def _line(amount: Decimal, words: str, keys: tuple[str, ...], of: str) -> DraftLine:
    return DraftLine(amount=amount, account="", description=words, source_keys=keys, origin=of)
