"""What came of a write: refused, lost, tried too often, or a fault of ours."""

from collections.abc import Mapping

from integrations.engine.reasons.shape import (
    AT_SOURCE,
    AT_TARGET,
    BY_ITSELF,
    CLERK,
    INTEGRATOR,
    SUPPORT,
    TWO_PEOPLE,
    Reason,
    Remedy,
    Where,
)

_READ_ANSWER = Remedy("Read what the other side answered on its page, mend that, then retry it.", CLERK, Where.RECORD)
_LOOK_THERE = Remedy("Look on the other side, then answer on its page.", CLERK, Where.RECORD)
_AFTER_CONNECTION = Remedy("Look at the connection and its last runs, then retry it.", INTEGRATOR, Where.CONNECTION)

# What stands for a code of the other side that we have not described: it may answer with any.
OTHER = Reason("Refused by the other side", "It answered with a code of its own.", _READ_ANSWER)

WRITING: Mapping[str, Reason] = {
    "answer_lost": Reason("Answer lost, being looked up", "Nothing is sent again before it is found out.", BY_ITSELF),
    "bad_filter": Reason("Question refused", "The other side does not understand our question.", SUPPORT),
    "document_too_large": Reason("Image too large", "The image is larger than the other side takes.", AT_SOURCE),
    "field_missing": Reason("Field missing", "The other side needs a value that is empty.", AT_SOURCE),
    "field_refused": Reason("Field refused", "The other side does not accept a value.", AT_SOURCE),
    "image_away": Reason("Image not to be had now", "Its bill is not touched; it is tried again.", BY_ITSELF),
    "image_differs": Reason("Image differs there", "The other side stored other bytes than were sent.", _LOOK_THERE),
    "image_forbidden": Reason(
        "Images may not be kept there", "The login lacks the right; the bills are not touched.", _AFTER_CONNECTION
    ),
    "internal": Reason("A fault of ours", "It was logged, and the other records go on.", SUPPORT),
    "job_failed": Reason("Job failed there", "The other side took the work and could not do it.", _READ_ANSWER),
    "lost_worker": Reason("Answer lost, being looked up", "Nothing is sent again before it is found out.", BY_ITSELF),
    "lost_workers": Reason("It may have stopped a worker, twice", "Tell support before it is retried.", SUPPORT),
    "no_document": Reason("No image there", "The image that the record names cannot be had.", AT_SOURCE),
    "no_etag": Reason("Version missing", "The other side gave no version to write against.", SUPPORT),
    "not_confirmed": Reason("Taken, but not confirmed", "Nobody has said what came of it.", _LOOK_THERE),
    "not_found": Reason("Not found there", "The other side does not know an id in it.", AT_TARGET),
    "precondition": Reason("Version missing", "The other side wants a version to write against.", SUPPORT),
    "refused": Reason("Refused by the other side", "Its own words are on the record's page.", _READ_ANSWER),
    "rejected": Reason("Refused by the other side", "Its own words are on the record's page.", _READ_ANSWER),
    "rolled_back": Reason("Refused with others", "Another record of the same request was refused.", SUPPORT),
    "too_many_tries": Reason("Tried too often", "It was tried again and again without an end.", _AFTER_CONNECTION),
    "uncertain": Reason(
        "Perhaps there already: compare both sides",
        "Its answer was lost; what is there is not provably ours.",
        TWO_PEOPLE,
    ),
    "under_way": Reason("Being worked on there", "The other side took it; its answer is asked for.", BY_ITSELF),
}
