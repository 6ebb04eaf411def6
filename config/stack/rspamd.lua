-- Geganti's addition to rspamd: tells with each answer from which score a message is marked as junk. rspamd itself
-- names only the score at which it refuses; newer versions name both.
rspamd_config:register_symbol({
  name = 'GEGANTI_THRESHOLD',
  type = 'idempotent',
  flags = 'empty,explicit_disable,ignore_passthrough,nostat',
  callback = function(task)
    local threshold = rspamd_config:get_all_actions()['add header']
    if threshold then task:append_message(tostring(threshold), 'add header') end
  end,
})
