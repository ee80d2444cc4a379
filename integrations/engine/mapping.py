"""Rules: how a tenant's coding becomes the target's coding, and why; all that cannot be mapped is said at once."""

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import date
from fnmatch import fnmatchcase
from heapq import merge
from operator import attrgetter

import msgspec

from integrations.engine.alike import Newcomers
from integrations.engine.books import Books, Elsewhere
from integrations.engine.charges import Orders
from integrations.engine.documents import ANY, Images, Takes
from integrations.engine.duplicates import Guard
from integrations.engine.errors import Problem
from integrations.engine.peers import Peers
from integrations.engine.records import PaymentTerm, Vendor
from integrations.engine.targets import TargetRecord
from integrations.engine.wording import TextRule

NOT_SENT = ""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account or dimension value of the target, as its mirror knows it."""

    target_id: str
    number: str
    name: str = ""
    kind: str = ""
    active: bool = True


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One approved row of a mapping table. Patterns know `*` and `?` only; "" matches anything.

    `table` is account, tax_code, dimension or payment_term; `part` the source dimension of a dimension rule; `target` a
    number (account), value (dimension) or id (payment term) on the target; `approval` says who let this version count.
    """

    id: int
    version: int
    table: str
    source: str
    target: str
    company: str = ""
    part: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    approval: str = ""

    @property
    def words(self) -> str:
        """The rule as a reason names it."""
        return f"rule {self.id} version {self.version}" + (f", {self.approval}" if self.approval else "")

    def covers(self, company: str, value: str, day: date | None) -> bool:
        """Whether this rule speaks for `value` of `company` on `day`."""
        return (
            (not self.company or self.company == company)
            and (not self.valid_from or day is None or self.valid_from <= day)
            and (not self.valid_to or day is None or day <= self.valid_to)
            and (self.source == value or fnmatchcase(value, self.source.replace("[", "[[]")))
        )

    @property
    def wild(self) -> bool:
        """Whether it speaks for more than one value."""
        return any(mark in self.source for mark in "*?")

    @property
    def weight(self) -> tuple[bool, bool, int, int]:
        """Sorts the most specific rule first: own company, exact value, longest pattern, newest."""
        return (not self.company, self.wild, -len(self.source), -self.version)


_weight = attrgetter("weight")


class VendorLink(msgspec.Struct, frozen=True, kw_only=True):
    """A target vendor that is our supplier, in one currency."""

    target_id: str
    currency: str


class Rules:
    """All that a decision may know beside the record itself; built once per batch and never changed.

    `texts` word fields of a draft. `accounts` and `values` are the target's own; `parts` says where each used code
    part goes (NOT_SENT: declared as not sent). Where no rule speaks and the tenant chose `match_by_number`, an account
    or value of equal number on the target is taken, and `why` says so.

    `today` is the business day (None: validity dates are not looked at), `terms` the source's payment terms by code.
    What concerns one batch, by supplier key: `vendors`, `vendor_links`, `tax_twins` (vendors on the target of *other*
    suppliers with the same tax id) and `peers`. By (supplier key, invoice number): `proposals`, the state word of the
    payment proposal of the source system that is about to pay it, and `sent_bills`, the target id of the bill it
    became. `bills` are fresh reads by target id, made by the push itself.

    `books` is there where records are brought into the ERP. `longest_name`: characters that the target keeps of a name.
    `elsewhere`, by target id: the codes of a batch as other companies send them to the same target. `captured`: keys of
    invoices of a batch that an AP tool captured, and therefore pays. `orders`: the purchase orders that invoices of a
    batch name. `claims`: what people made or linked as whose vendor, by (supplier key, currency). `newcomers` is there
    where vendors of the AP tool are decided. `images`: what is known of the images of a batch. Not `writes`: the target
    takes no records of this kind, they are only kept here. `takes`: the documents that it keeps.
    """

    def __init__(
        self,
        *,
        rules: Sequence[Rule] = (),
        texts: Sequence[TextRule] = (),
        parts: Mapping[str, str] | None = None,
        accounts: Sequence[Account] = (),
        values: Sequence[Account] = (),
        vendors: Mapping[str, Vendor] | None = None,
        vendor_links: Mapping[str, Sequence[VendorLink]] | None = None,
        match_by_number: bool = False,
        number_reuse: bool = True,
        guard: Guard | None = None,
        today: date | None = None,
        terms: Mapping[str, PaymentTerm] | None = None,
        proposals: Mapping[tuple[str, str], str] | None = None,
        tax_twins: Mapping[str, Sequence[str]] | None = None,
        sent_bills: Mapping[tuple[str, str], str] | None = None,
        peers: Mapping[str, Peers] | None = None,
        books: Books | None = None,
        longest_name: int = 0,
        elsewhere: Mapping[str, Sequence[Elsewhere]] | None = None,
        captured: frozenset[str] = frozenset(),
        orders: Orders | None = None,
        claims: Mapping[tuple[str, str], str] | None = None,
        newcomers: Newcomers | None = None,
        images: Images | None = None,
        writes: bool = True,
        takes: Takes = ANY,
    ) -> None:
        self.texts = {rule.field: rule for rule in texts}
        self.books = books
        self.longest_name = longest_name
        self.elsewhere = elsewhere or {}
        self.captured = captured
        self.orders = orders
        self.claims = claims or {}
        self.newcomers = newcomers
        self.images = images
        self.takes = takes
        self.writes = writes
        self.today = today
        self.terms = terms or {}
        self.proposals = proposals or {}
        self.tax_twins = tax_twins or {}
        self.sent_bills = sent_bills or {}
        self.peers = peers or {}
        self.bills: Mapping[str, TargetRecord] = {}
        self.number_reuse = number_reuse
        self.guard = guard or Guard()
        self.match_by_number = match_by_number
        self.maps_terms = any(rule.table == "payment_term" for rule in rules)
        self.vendors = vendors or {}
        self.vendor_links = vendor_links or {}
        self.parts = parts or {}
        self.accounts = {a.number: a for a in accounts if a.number}
        self._values = {(v.kind, v.number): v for v in values}
        self._exact: dict[tuple[str, str, str], list[Rule]] = {}  # thousands of them: found by their value
        self._wild: dict[tuple[str, str], list[Rule]] = {}
        for rule in sorted(rules, key=_weight):
            if rule.wild:
                self._wild.setdefault((rule.table, rule.part), []).append(rule)
            else:
                self._exact.setdefault((rule.table, rule.part, rule.source), []).append(rule)
        self._cache: dict[tuple[object, ...], tuple[str, str, Problem | None]] = {}

    def for_batch(
        self,
        vendors: Mapping[str, Vendor],
        links: Mapping[str, Sequence[VendorLink]],
        guard: Guard,
        *,
        today: date | None = None,
        terms: Mapping[str, PaymentTerm] | None = None,
        proposals: Mapping[tuple[str, str], str] | None = None,
        tax_twins: Mapping[str, Sequence[str]] | None = None,
        sent_bills: Mapping[tuple[str, str], str] | None = None,
        peers: Mapping[str, Peers] | None = None,
        books: Books | None = None,
        elsewhere: Mapping[str, Sequence[Elsewhere]] | None = None,
        captured: frozenset[str] | None = None,
        orders: Orders | None = None,
        claims: Mapping[tuple[str, str], str] | None = None,
        newcomers: Newcomers | None = None,
        images: Images | None = None,
    ) -> "Rules":
        """The same rules with what concerns one batch; shares what was resolved before. None leaves what there is."""
        other = copy(self)
        other.vendors, other.vendor_links, other.guard = vendors, links, guard
        other.today = self.today if today is None else today
        other.terms = self.terms if terms is None else terms
        other.books = self.books if books is None else books
        other.elsewhere = self.elsewhere if elsewhere is None else elsewhere
        other.captured = self.captured if captured is None else captured
        other.orders = self.orders if orders is None else orders
        other.claims = self.claims if claims is None else claims
        other.newcomers = self.newcomers if newcomers is None else newcomers
        other.images = self.images if images is None else images
        other.proposals = self.proposals if proposals is None else proposals
        other.tax_twins = self.tax_twins if tax_twins is None else tax_twins
        other.sent_bills = self.sent_bills if sent_bills is None else sent_bills
        other.peers = self.peers if peers is None else peers
        return other

    def coding(self, batch: "Rules") -> "Rules":
        """These tables with what `batch`, made of other tables, knows of its records."""
        return self.for_batch(
            batch.vendors,
            batch.vendor_links,
            batch.guard,
            proposals=batch.proposals,
            tax_twins=batch.tax_twins,
            sent_bills=batch.sent_bills,
            peers=batch.peers,
            books=batch.books,
            elsewhere=batch.elsewhere,
            captured=batch.captured,
            orders=batch.orders,
            claims=batch.claims,
            newcomers=batch.newcomers,
            images=batch.images,
        )

    def with_bills(self, bills: Mapping[str, TargetRecord]) -> "Rules":
        """The same rules, with fresh reads of the bills that credits of the batch name."""
        other = copy(self)
        other.bills = bills
        return other

    def with_books(self, books: Books) -> "Rules":
        """The same rules, with the books as they will be once the batch so far is written."""
        other = copy(self)
        other.books = books
        return other

    def account(self, company: str, number: str, day: date | None) -> tuple[str, str, Problem | None]:
        """(target id, why, problem) for a source account on a posting date."""
        return self._cached("account", "", company, number, day, f"account {number}")

    def tax_account(self, company: str, code: str, day: date | None) -> tuple[str, str, Problem | None]:
        """(target id, why, problem) of the account that takes the tax of a tax code."""
        return self._cached("tax_code", "", company, code, day, f"tax code {code or '(none)'}")

    def payment_term(self, company: str, code: str) -> tuple[str, str, Problem | None]:
        """(the target's id of a payment term, why, note); no id without a rule, noted where terms are mapped."""
        if not code or not self.maps_terms:
            return "", "", None
        return self._cached("payment_term", "", company, code, self.today, f"payment term {code}")

    def dimensions(
        self, company: str, values: Mapping[str, str], day: date | None
    ) -> tuple[dict[str, str], list[str], list[Problem]]:
        """Target dimension ids by kind for the code parts that carry a value; undeclared parts are problems."""
        ids, why, problems = {}, [], []
        for part, value in sorted(values.items()):
            if not value:
                continue
            if part not in self.parts:
                problems.append(
                    Problem(
                        "undeclared_dimension",
                        f"Code part {part} has the value {value}, but nobody has said where it goes. "
                        f"Map code part {part}, or declare it as not sent.",
                        field=f"dimensions.{part}",
                        value=value,
                        blocker=("part", part),
                    )
                )
            elif self.parts[part] != NOT_SENT:
                target, reason, problem = self._cached(
                    "dimension", part, company, value, day, f"code part {part} value {value}"
                )
                if problem:
                    problems.append(problem)
                else:
                    ids[self.parts[part]] = target
                    why.append(reason)
        return ids, why, problems

    def corrected(
        self, table: str, part: str, company: str, value: str, number: str, day: date | None
    ) -> tuple[str, str, Problem | None]:
        """(target id, why, problem) of the number that a person chose for one record in place of its own `value`.

        Why also says what it would be by the rules.
        """
        words = f"code part {part} value {value or '(none)'}" if part else f"{table.replace('_', ' ')} {value}"
        found = self._values.get((self.kind_of(part), number)) if part else self.accounts.get(number)
        if found is None or not found.active:
            message = f"{_begun(words)} was corrected to {number}, which cannot be used on the other side."
            field = f"dimensions.{part}" if part else table
            return "", "", Problem(f"{table}_target_unusable", f"{message} Correct it again.", field=field, value=value)
        usual = self._cached(table, part, company, value, day, words)[1] if value and self._declared(part) else ""
        return found.target_id, f"{words} → {number}, corrected for this record only; else {usual or 'no rule'}", None

    def kind_of(self, part: str) -> str:
        """The target's kind of dimension for a code part; "" where none is declared."""
        return self.parts.get(part) or (part if part in self.parts.values() else "")

    def _declared(self, part: str) -> bool:
        return not part or bool(self.parts.get(part))

    def _cached(
        self, table: str, part: str, company: str, value: str, day: date | None, words: str
    ) -> tuple[str, str, Problem | None]:
        key = (table, part, company, value, day)
        if key not in self._cache:
            self._cache[key] = self._resolve(table, part, company, value, day, words)
        return self._cache[key]

    def _resolve(
        self, table: str, part: str, company: str, value: str, day: date | None, words: str
    ) -> tuple[str, str, Problem | None]:
        told = merge(self._exact.get((table, part, value), ()), self._wild.get((table, part), ()), key=_weight)
        rule = next((r for r in told if r.covers(company, value, day)), None)
        if table == "payment_term":
            return _term(rule, value, words)
        number = rule.target if rule else value
        why = rule.words if rule else "equal number"
        if rule is None and (table == "tax_code" or not self.match_by_number):
            found = None
        elif table == "dimension":
            found = self._values.get((self.parts[part], number))
        else:
            found = self.accounts.get(number)
        if found is not None and found.active:
            return found.target_id, f"{words} → {found.number} by {why}", None
        field = f"dimensions.{part}" if part else table
        blocker = (f"dimension:{part}" if part else table, value)
        if found is not None or rule is not None:
            state = "is inactive" if found is not None else "does not exist"
            message = (
                f"{_begun(words)} is mapped to {number}, which {state} on the other side. Map it to an active one."
            )
            return (
                "",
                "",
                Problem(f"{table}_target_unusable", message, field=field, value=value, blocker=blocker),
            )
        message = f"{_begun(words)} has no counterpart on the other side. Map it once; all that wait for it go out."
        if table == "account" and not value:
            message = "A line has no account. Give it one where it comes from."
        return "", "", Problem(f"unmapped_{table}", message, field=field, value=value, blocker=blocker)


def _begun(words: str) -> str:
    """As a sentence begins. Codes in it stay as they are written: `capitalize` would make D3021x of D3021X."""
    return f"{words[:1].upper()}{words[1:]}"


def _term(rule: Rule | None, code: str, words: str) -> tuple[str, str, Problem | None]:
    """The target lists no payment terms: what a rule says is taken, and refused there where it is wrong."""
    if rule is not None:
        return rule.target, f"{words} → {rule.target} by {rule.words}", None
    message = f"{_begun(words)} is mapped to none of the other side, so the vendor goes without one."
    return "", "", Problem("unmapped_payment_term", message, field="payment_term", value=code)
