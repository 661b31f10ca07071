// aim: what a refusal of the host carries
// kind: escape
// source: CVE-2023-32314 and kin (vm2)
try { sys.jobs.cancel('J1') } catch (e) { return e.host ? 'BROKEN' : null }
