# ruff: noqa: F821
# executes an action in the background and sets the low priority flag

job_id = sys.data.executeAction("companies", {}, "logSomething", {"param1": "a", "param2": "b"})
sys.jobs.setLowPriority(job_id)
log("job flagged as low priority")
