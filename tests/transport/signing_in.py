"""Run as a process of its own by test_auth: many threads ask one shared token for its value at once."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from cryptography.fernet import Fernet

from integrations.transport.auth import SharedToken, Token
from integrations.transport.egress import EgressPolicy
from integrations.transport.kit import Kit
from integrations.transport.memory import connect
from integrations.transport.throttle import NoBudget
from integrations.transport.tokens import RedisTokens


def main(url: str, prefix: str, key: str, threads: int) -> None:
    """Prints the tokens that the threads got, one per line."""
    client = connect(url)

    def obtain() -> Token:
        number = client.incr(f"{prefix}calls")
        time.sleep(0.3)
        return Token(f"token-{number}", 600)

    kit = Kit(RedisTokens(client, Fernet(key), prefix=prefix), NoBudget(), EgressPolicy(), lambda: datetime.now(UTC))
    while not client.get(f"{prefix}go"):
        time.sleep(0.01)
    with ThreadPoolExecutor(threads) as pool:
        for token in pool.map(lambda _: SharedToken(kit, "x", obtain).value(), range(threads)):
            sys.stdout.write(f"{token}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
