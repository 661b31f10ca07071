-- Takes them away; nothing comes back if there were none.
delete from headrace.app_iparams where app = $1 returning app
