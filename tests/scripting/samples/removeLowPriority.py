# ruff: noqa: F821
# executes an action in the background and sets the low priority flag and the removes it

jobId = sys.data.executeAction("companies", {}, "logSomething", {"param1": "a", "param2": "b"})
sys.jobs.setLowPriority(jobId)
log("job flagged as low priority")
sys.jobs.removeLowPriority(jobId)
log("job unflagged as low priority")
