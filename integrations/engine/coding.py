"""The coding of one line: by today's rules, or, where the ledger row is as it was, as it was posted before."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property

import msgspec

from integrations.engine.asking import NONE, Answers
from integrations.engine.correcting import Corrections, account_of, tax_of
from integrations.engine.drafts import DraftLine
from integrations.engine.errors import Problem
from integrations.engine.mapping import Rules
from integrations.engine.money import minor_unit
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice, Posting
from integrations.engine.wording import head, worded
from integrations.engine.wording import line as line_values

AND = "\n"  # between the origins of lines that were added together
_MORE = re.compile(r" and [0-9]+ more lines$")


class Posted:
    """The lines that are on the other side: a ledger row whose coding in the ERP is unchanged keeps theirs.

    `whole` False: the amounts were split before they were posted, so that only the row and its coding are compared.
    """

    def __init__(self, lines: Sequence[DraftLine] = (), *, whole: bool = True) -> None:
        self._whole = whole
        self._by_key = {key: line for line in lines for key in line.source_keys}

    def text(self, key: str) -> tuple[str, dict[str, str]] | None:
        """What the line of this row said, and what that was worded from; not of a row that was added to another one."""
        found = self._by_key.get(key)
        if found is None or key != found.source_keys[0]:
            return None
        alone = len(found.source_keys) == 1
        return found.description if alone else _MORE.sub("", found.description), found.inputs

    def coding(self, line: DraftLine) -> DraftLine | None:
        """The posted line that `line` was, if nothing about it has changed."""
        found = self._by_key.get(line.source_keys[0]) if line.source_keys else None
        if found is None or (found.origin and line.origin not in found.origin.split(AND)):
            return None
        alone = self._whole and len(found.source_keys) == len(line.source_keys)
        return None if alone and abs(found.amount) != abs(line.amount) else found


class Coder:
    """Gives each line its coding and gathers every problem and every reason on the way."""

    def __init__(self, source: Invoice, rules: Rules, policy: Policy, posted: Posted, answers: Answers = NONE) -> None:
        self.source, self.rules, self.policy, self._posted = source, rules, policy, posted
        self._corrections = Corrections(answers)
        self.day = source.voucher_date or source.invoice_date
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []
        self.why: list[str] = []

    @cached_property
    def head(self) -> dict[str, str]:
        """What rules of texts may read of the whole invoice."""
        return head(self.source, self.rules.vendors.get(self.source.vendor_key))

    def cost(self, row: Posting, amount: Decimal) -> DraftLine:
        """A cost row on its mapped account and dimensions, or on what a person corrected of them."""
        line = self._worded(_line(amount, row.text, (row.key,), origin(row)), row)
        parts = self._corrections.parts(row.key, {**row.dimensions, **self.rules.parts})
        corrected = self._corrections.at(account_of(row.key))
        kept = self._kept(line)
        if kept is not None:
            line = kept
        if corrected is not None:
            line = self._recoded(line, "account", row.account, corrected)
        elif kept is None:
            line = msgspec.structs.replace(line, account=self._mapped(row.account))
        if kept is None:
            others = {part: value for part, value in row.dimensions.items() if part not in parts}
            dimensions, reasons, problems = self.rules.dimensions(self.source.company, others, self.day)
            self.problems += [self._may_be_created(problem) for problem in problems]
            self.why += reasons
            line = msgspec.structs.replace(line, dimensions=dimensions)
        return self._with_parts(line, row, parts)

    def tax(self, code: str, amount: Decimal, keys: Sequence[str]) -> DraftLine:
        """The tax of one code on the account of that code."""
        line = _line(amount, f"Tax {code}".strip(), tuple(keys), f"tax {code}")
        if (corrected := self._corrections.at(tax_of(code))) is not None:
            return self._recoded(line, "tax_code", code, corrected)
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

    def _worded(self, line: DraftLine, row: Posting) -> DraftLine:
        """The line with the text that the tenant's rule gives it."""
        rule, sent = self.rules.texts.get("line_description"), self._posted.text(row.key)
        found = worded("line_description", rule, row.text, lambda: line_values(self.head, row), sent)
        self.problems += found.problems
        self.notes += found.notes
        self.why += found.why
        return msgspec.structs.replace(line, description=found.text, inputs=found.inputs)

    def _mapped(self, number: str) -> str:
        """The target account of an account, by the rules or the fallback."""
        account, why, problem = self.rules.account(self.source.company, number, self.day)
        if problem and problem.code == "unmapped_account" and self.policy.unmapped == "fallback":
            account, why, problem = self._own("fallback_account"), f"account {number} → fallback", None
        self._note(why, problem)
        return account

    def _recoded(self, line: DraftLine, table: str, value: str, number: str) -> DraftLine:
        """The line on the account that a person chose for it."""
        account, why, problem = self.rules.corrected(table, "", self.source.company, value, number, self.day)
        self._note(why, problem)
        return msgspec.structs.replace(line, account=account)

    def _with_parts(self, line: DraftLine, row: Posting, parts: Mapping[str, str]) -> DraftLine:
        """The line with the values that a person chose for it; an empty one is not sent."""
        dimensions = dict(line.dimensions)
        for part, number in parts.items():
            dimensions.pop(self.rules.kind_of(part), None)
            value = row.dimensions.get(part, "")
            if not number:
                self.why.append(f"code part {part} value {value}: left out of this record only")
                continue
            found, why, problem = self.rules.corrected("dimension", part, self.source.company, value, number, self.day)
            self._note(why, problem)
            if found:
                dimensions[self.rules.kind_of(part)] = found
        return msgspec.structs.replace(line, dimensions=dimensions)

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


def and_more(text: str, count: int) -> str:
    """The text of a line to which `count` more were added."""
    return f"{text} and {count} more lines"


def _line(amount: Decimal, words: str, keys: tuple[str, ...], of: str) -> DraftLine:
    return DraftLine(amount=amount, account="", description=words, source_keys=keys, origin=of)
