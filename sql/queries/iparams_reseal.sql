-- The same parameters under another key.
update headrace.app_iparams set sealed = $2 where app = $1
