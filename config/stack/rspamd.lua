-- Geganti's additions to rspamd.

-- Our own rules look at every file, by its name and its octets, also in archives. These two would file honest mail as junk:
-- macOS puts U+202F into the names of its screenshots, and offices put archives into archives. (Scores of a group can be given
-- once only, and those of the package are there already; a higher priority replaces them.)
rspamd_config:set_metric_symbol({ name = 'MIME_BAD_UNICODE', score = 2.0, priority = 5 })
rspamd_config:set_metric_symbol({ name = 'MIME_ARCHIVE_IN_ARCHIVE', score = 1.0, priority = 5 })

-- Tells with each answer from which score a message is marked as junk. rspamd itself names only the score at which it
-- refuses; newer versions name both.
rspamd_config:register_symbol({
  name = 'GEGANTI_THRESHOLD',
  type = 'idempotent',
  flags = 'empty,explicit_disable,ignore_passthrough,nostat',
  callback = function(task)
    local threshold = rspamd_config:get_all_actions()['add header']
    if threshold then task:append_message(tostring(threshold), 'add header') end
  end,
})
