// SPDX-License-Identifier: GPL-3.0-or-later
/* conf_setting: the lines of vsockwrap.conf(5) that are no rules
 *
 * What is said first counts, as with rules, so that -r goes before the file.
 */

#include "conf_internal.h"

/* Longest path that open(2) takes, PATH_MAX less its NUL. */
#define LOG_FILE_MAX 4095

static bool end_of_setting(struct conf_parser *p)
{
	struct conf_word w;

	return !conf_word_next(p, &w) ||
	       conf_fail(p, &w, "unexpected ",
			 " at the end of this setting; remove it, or put # "
			 "before a comment");
}

/**
 * conf_log_level() - The rest of `log LEVEL`
 *
 * Return: true, or false with the error set; so all here
 */
bool conf_log_level(struct conf_parser *p)
{
	static const char *const names[] = {
		[CONF_LOG_OFF] = "off",      [CONF_LOG_ERROR] = "error",
		[CONF_LOG_INFO] = "info",    [CONF_LOG_DEBUG] = "debug",
		[CONF_LOG_DEBUG + 1] = NULL,
	};
	struct conf_word w;

	if (!conf_word_next(p, &w))
		return conf_fail_missing(
			p, "no log level; expected error, info, debug or off");
	for (int level = CONF_LOG_OFF; names[level]; level++) {
		if (!conf_word_is(&w, names[level]))
			continue;
		if (!p->c->log_source) {
			p->c->log = (enum conf_log)level;
			p->c->log_source = p->source;
		}
		return end_of_setting(p);
	}
	return conf_fail_unknown(p, &w, "unknown log level ",
				 "error, info, debug or off", names);
}

/**
 * conf_log_file() - The rest of `log-file PATH`
 */
bool conf_log_file(struct conf_parser *p)
{
	struct conf_word w;

	if (!conf_word_next(p, &w))
		return conf_fail_missing(p, "no file; expected log-file /PATH");
	if (*w.s != '/')
		return conf_fail(p, &w, "relative path ",
				 "; programs change their directory, so write "
				 "it from /");
	if (w.len > LOG_FILE_MAX)
		return conf_fail(p, &w,
				 "the path is longer than the 4095 bytes that "
				 "a path can have",
				 NULL);
	if (!p->c->log_file) {
		p->c->log_file = conf_keep(p, &w);
		if (!p->c->log_file)
			return false;
	}
	return end_of_setting(p);
}

/**
 * conf_strict() - The rest of `strict`
 */
bool conf_strict(struct conf_parser *p)
{
	if (!p->c->strict) {
		p->c->strict = true;
		p->c->strict_source = p->source;
		p->c->strict_line = p->line;
	}
	return end_of_setting(p);
}
