# ruff: noqa: F821
# executes an action in the background and waits until it is finished or stopped

job_id = sys.data.executeAction("companies", {}, "logSomething", {"param1": "a", "param2": "b"})
try:
    sys.jobs.waitForJob(job_id, ["FINISHED", "STOPPED"], 60000)
    log("job finished!!!")
except Exception as e:
    if sys.exceptions.getCode(e) == "timeout":
        log("timeout execution the job")
