// One record: writes its parameters to the job's log. The samples of the scripting API start this one.
sys.jobs.logInfo(record.label() + ': param1=' + params.param1 + ', param2=' + params.param2);
return {company: record.label(), param1: params.param1, param2: params.param2};
