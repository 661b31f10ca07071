"""An app with an event of each type that seed 004 (Ductape) names, for its jobs to execute."""

from __future__ import annotations

from pathlib import Path

from engine.apps.folder import AppFolder, load_folder
from engine.model import JobType
from engine.sdk.ductape import JobEventTypes

_MANIFEST = """
[app]
name = "product"

[actions.action_tag]
script = "actions/act.js"

[notifications.notification_tag]
mail_to = ["ann@example.org"]
text = "It is time."

[database_actions.database_action_tag]
statement = "select count(*) as jobs from job_history"

[topics.topic_tag]
"""
# The vendor's types, the event that each has here, and the type of its jobs.
TYPES = {
    JobEventTypes.ACTION: ("action_tag", JobType.EXECUTE_ACTION),
    JobEventTypes.NOTIFICATION: ("notification_tag", JobType.SEND_NOTIFICATION),
    JobEventTypes.DATABASE_ACTION: ("database_action_tag", JobType.DATABASE_ACTION),
    JobEventTypes.FUNCTION: ("actions/act.js", JobType.EXECUTE_SCRIPT),
    JobEventTypes.MESSAGEBROKER: ("topic_tag", JobType.PUBLISH_MESSAGE),
}


def product(folder: Path) -> AppFolder:
    """The app, written into an empty folder."""
    (folder / "app.toml").write_text(_MANIFEST)
    (folder / "actions").mkdir()
    (folder / "actions" / "act.js").write_text("return 1;")
    return load_folder(folder)
