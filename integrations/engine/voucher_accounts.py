"""The accounts that a voucher uses, by the names of their settings; what is wrong with them is said at once."""

from datetime import date

from integrations.engine.books import Books
from integrations.engine.errors import Problem
from integrations.engine.ledger import why_unusable
from integrations.engine.policy import Policy


class Accounts:
    """Hands out what the tenant has chosen, usable on `day`, and collects in `problems` what cannot be used."""

    def __init__(self, books: Books, policy: Policy, day: date) -> None:
        self._books, self._policy, self._day = books, policy, day
        self._found: dict[tuple[str, str], Problem] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """One for each setting or account, in the order in which they were asked for."""
        return tuple(self._found.values())

    def demand(self, setting: str) -> None:
        """`setting` must be filled in, or switched on."""
        if not getattr(self._policy, setting):
            words = f"The setting “{_spoken(setting)}” is missing. Set it once, and all payments that need it go."
            self._add("setting_missing", words, setting, setting)

    def take(self, setting: str) -> str:
        """The account that stands in `setting`."""
        self.demand(setting)
        number: str = getattr(self._policy, setting)
        return self._checked(number, setting)

    def cash(self, payer: str) -> str:
        """The account for the payer's bank account `payer`; the common one where none has its own, or none is named."""
        pairs = (pair.partition("=") for pair in self._policy.cash_accounts)
        own = {bank.strip(): number.strip() for bank, _, number in pairs}
        if not payer or not own:
            return self.take("cash_account")
        if payer not in own:
            words = (
                f"It was paid from bank account {payer}, which has no cash account. Add “{payer}=account” to the cash "
                "accounts in the settings."
            )
            self._add("payer_account", words, payer, "cash_accounts")
        return self._checked(own.get(payer, ""), "cash_accounts")

    def _checked(self, number: str, setting: str) -> str:
        control = setting == "debt_account"
        if number and (why := why_unusable(self._books.accounts.get(number), self._day, control=control)):
            words = f"Account {number} ({_spoken(setting)}) cannot be used: {why}. Mend it there, or choose another."
            self._add("account_unusable", words, number, setting)
        return number

    def _add(self, code: str, words: str, value: str, setting: str) -> None:
        """Once for all payments; setting `setting` anew frees them."""
        problem = Problem(code, words, field="settings", value=value, blocker=("setting", setting), once=True)
        self._found.setdefault((code, value), problem)


def _spoken(setting: str) -> str:
    return setting.replace("_", " ")
