"""Which function executes which type of job. What is not here cannot run."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.executors import (
    action,
    apps,
    endpoints,
    handler,
    listener,
    notify,
    publish,
    records,
    script,
    statement,
    users,
)
from engine.executors.within_time import Execute, within_time
from engine.model import JobType

EXECUTORS: Mapping[JobType, Execute] = MappingProxyType(
    {
        JobType.EXECUTE_SCRIPT: script.execute,
        JobType.EXECUTE_ACTION: action.execute,
        JobType.EXECUTE_LISTENER: listener.execute,
        JobType.IMPORT_RECORDS: within_time(records.import_records, "the import", so_far=records.imported),
        JobType.EXPORT_RECORDS: within_time(records.export_records, "the export"),
        JobType.DELETE_RECORDS: within_time(records.delete_records, "the removal", so_far=records.deleted),
        JobType.IMPORT_USERS: within_time(users.import_users, "the import"),
        JobType.EXPORT_USERS: within_time(users.export_users, "the export"),
        JobType.START_APP: within_time(apps.start, "the start"),
        JobType.STOP_APP: within_time(apps.stop, "the stop"),
        JobType.DEPLOY_ENDPOINT: within_time(endpoints.deploy, "the deployment"),
        JobType.UNDEPLOY_ENDPOINT: within_time(endpoints.undeploy, "the undeployment"),
        JobType.CALL_ENDPOINT: endpoints.call,
        JobType.HANDLER: handler.execute,
        JobType.SEND_NOTIFICATION: notify.execute,
        JobType.DATABASE_ACTION: statement.execute,
        JobType.PUBLISH_MESSAGE: within_time(publish.execute, "the publication"),
    }
)
