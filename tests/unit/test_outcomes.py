"""Outcomes of jobs: each form of the seed is kept, each mistake is named."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import BadRequest
from engine.jobs.outcomes import check_outcome

# seed 001, *Completing Jobs with Outcomes* and *User Feedback*, as they stand there.
SEED: list[dict[str, Any]] = [
    {"message": "Process completed successfully", "acknowledge": True},
    {
        "message": "Process completed",
        "next": {"type": "id", "id": "space_id", "path": "files", "query": "mode=export", "label": "View Files"},
    },
    {
        "message": "Process completed",
        "next": {"type": "url", "url": "https://example.com", "label": "View Results"},
    },
    {
        "message": "Files ready",
        "next": {"type": "download", "fileName": "export.csv", "url": "file_url", "label": "Download"},
    },
    {
        "message": "Snapshot created",
        "next": {"type": "snapshot", "snapshotId": "snapshot_id", "sheetId": "sheet_id", "label": "View Snapshot"},
    },
    {"message": "Process completed with warnings", "next": {"type": "retry", "label": "Try Again"}},
    {"heading": "Process Complete", "message": "Detailed results...", "buttonText": "Continue", "acknowledge": True},
]


@pytest.mark.parametrize("outcome", SEED)
def test_every_outcome_of_the_seed_is_kept_as_it_is(outcome: dict[str, Any]) -> None:
    """Nothing is added, nothing is lost."""
    assert check_outcome(outcome) == outcome


def test_fields_that_are_null_are_left_out() -> None:
    """Clients send null for what they do not set."""
    given = {"message": "m", "heading": None, "next": {"type": "retry", "label": None}}
    assert check_outcome(given) == {"message": "m", "next": {"type": "retry"}}


@pytest.mark.parametrize("trigger", ["manual", "automatic", "automatic_silent", {"type": "manual", "audience": "all"}])
def test_triggers_are_words_or_objects(trigger: Any) -> None:
    """The vendor's client sends both."""
    assert check_outcome({"trigger": trigger}) == {"trigger": trigger}


@pytest.mark.parametrize(
    ("outcome", "field"),
    [
        ([], "outcome"),
        ({"mesage": "m"}, "outcome.mesage"),
        ({"message": 1}, "outcome.message"),
        ({"message": "a\0b"}, "outcome.message"),
        ({"message": "x" * 70_000}, "outcome.message"),
        ({"acknowledge": "yes"}, "outcome.acknowledge"),
        ({"trigger": "later"}, "outcome.trigger"),
        ({"next": "url"}, "outcome.next"),
        ({"next": {"type": "nowhere"}}, "outcome.next.type"),
        ({"next": {"type": ["url"]}}, "outcome.next.type"),
        ({"next": {"type": "url"}}, "outcome.next.url"),
        ({"next": {"type": "url", "url": "u", "fileName": "f"}}, "outcome.next.fileName"),
        ({"next": {"type": "files", "files": "one"}}, "outcome.next.files"),
        ({"next": {"type": "view", "sheetId": "s", "hiddenColumns": [{1}]}}, "outcome.next.hiddenColumns"),
    ],
)
def test_what_is_wrong_with_an_outcome_is_named(outcome: Any, field: str) -> None:
    """Field, value and what is allowed."""
    with pytest.raises(BadRequest) as caught:
        check_outcome(outcome)
    assert caught.value.additional_info["field"] == field
