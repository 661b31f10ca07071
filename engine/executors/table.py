"""Which function executes which type of job. What is not here cannot run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
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
from engine.executors.endings import Ending
from engine.executors.run import Run
from engine.model import JobType

Execute = Callable[[Run], Awaitable[Ending]]

EXECUTORS: Mapping[JobType, Execute] = MappingProxyType(
    {
        JobType.EXECUTE_SCRIPT: script.execute,
        JobType.EXECUTE_ACTION: action.execute,
        JobType.EXECUTE_LISTENER: listener.execute,
        JobType.IMPORT_RECORDS: records.import_records,
        JobType.EXPORT_RECORDS: records.export_records,
        JobType.DELETE_RECORDS: records.delete_records,
        JobType.IMPORT_USERS: users.import_users,
        JobType.EXPORT_USERS: users.export_users,
        JobType.START_APP: apps.start,
        JobType.STOP_APP: apps.stop,
        JobType.DEPLOY_ENDPOINT: endpoints.deploy,
        JobType.UNDEPLOY_ENDPOINT: endpoints.undeploy,
        JobType.CALL_ENDPOINT: endpoints.call,
        JobType.HANDLER: handler.execute,
        JobType.SEND_NOTIFICATION: notify.execute,
        JobType.DATABASE_ACTION: statement.execute,
        JobType.PUBLISH_MESSAGE: publish.execute,
    }
)
