"""The samples of *Working with Jobs* and *Best Practices* (seed 001), word for word, with the vendor's client."""

from __future__ import annotations

import json

from tests.flatfile.conftest import HERE, Node

# Without the label of the snapshot, which the client does not send.
NEXT = [
    {"type": "id", "id": "space_id", "path": "files", "query": "mode=export", "label": "View Files"},
    {"type": "url", "url": "https://example.com", "label": "View Results"},
    {"type": "download", "fileName": "export.csv", "url": "file_url", "label": "Download"},
    {"type": "snapshot", "snapshotId": "snapshot_id", "sheetId": "sheet_id"},
    {"type": "retry", "label": "Try Again"},
]
FEEDBACK = {
    "heading": "Process Complete",
    "message": "Detailed results...",
    "buttonText": "Continue",
    "acknowledge": True,
}


def text(name: str) -> str:
    """A sample."""
    return (HERE / "samples" / name).read_text()


async def test_the_samples_of_working_with_jobs(node: Node) -> None:
    """Acknowledged, under way, completed with every kind of outcome, failed: the job keeps what each sample says."""
    samples = text("jobs-working.js").strip().split("\n\n")
    samples.append(f"{text('jobs-progress.ts')}\nawait updateProgress(70);")
    types = [text(f"{name}.ts") for name in ("jobs-system", "jobs-config", "handler-signatures")]
    seen = await node.run("working.mjs", SAMPLES=json.dumps(samples), TYPES=json.dumps(types))
    acked, updated, basic, *following, failed, feedback, progress = seen["jobs"]
    assert (progress["status"], progress["progress"], progress["info"]) == ("executing", 70, "Processing: 70% complete")
    # Interfaces and signatures: there is nothing in them to run.
    assert seen["types"] == ["", "", ""]
    assert (acked["status"], acked["progress"], acked["info"]) == ("executing", 0, "Starting process...")
    assert (updated["status"], updated["progress"]) == ("executing", 50)
    # The client's serializer strips what its types do not name; over HTTP both are kept (test_jobs.py).
    assert updated["sent"] == {"progress": 50}
    assert [job["sent"]["outcome"]["next"] for job in following] == NEXT
    assert basic["outcome"] == {"message": "Process completed successfully", "acknowledge": True}
    assert [job["outcome"]["next"] for job in following] == NEXT
    assert failed["outcome"] == {"message": "Job failed: no rows", "acknowledge": True}
    assert feedback["outcome"] == FEEDBACK
    assert failed["status"] == "failed"
    assert {job["status"] for job in (basic, *following, feedback)} == {"complete"}
