/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf: text of vsockwrap.conf(5) -> an immutable list of rules.
 *
 * Pure: reads bytes that the caller has, writes only into memory that the
 * caller gave, and neither allocates nor opens anything, so that the launcher,
 * the library's constructor, unit tests and the fuzzer share it.
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

#define CONF_RULES_MAX          4096  /* placeholder addresses number them */
#define CONF_NAME_MAX           253   /* RFC 1035 2.3.4, without the last dot */
#define CONF_PATH_MAX           107   /* sun_path less its NUL, unix(7) */
#define CONF_CONNECT_TIMEOUT_MS 10000 /* default of connect-timeout= */

enum rule_verb {
	RULE_ROUTE, /* connect to rule.target instead */
	RULE_PASS,  /* leave it to libc and the kernel */
	RULE_DENY,  /* fail it: EAI_NONAME, EACCES */
};

enum dest_kind {
	DEST_ANY,  /* `*` or `**` alone: every name and address that is not
		    * loopback (route.h) */
	DEST_NAME, /* rule.pattern, a host name with * and ** in its labels */
	DEST_AWS,  /* @aws: awsname_match() */
	DEST_NET,  /* rule.nets: literal addresses, CIDR, @imds, @ecs, @eks */
};

enum target_kind {
	TARGET_NONE, /* pass and deny */
	TARGET_VSOCK,
	TARGET_UNIX,
};

struct target {
	enum target_kind kind;
	uint32_t cid, port; /* TARGET_VSOCK */
	const char *path;   /* TARGET_UNIX, NUL-terminated, <= CONF_PATH_MAX */
};

struct rule {
	enum rule_verb verb;
	enum dest_kind dest;
	const char *pattern; /* as written, without the port and without
				  * a trailing dot; lower case; NUL-terminated;
				  * every dest_kind has it */
	size_t pattern_len;
	struct addr_net nets[2]; /* DEST_NET */
	unsigned nnets;
	uint16_t port; /* 0: every port */
	struct target target;
	uint32_t connect_timeout_ms;
	const char *source; /* name of the file or variable it stands in */
	unsigned line;      /* from 1; 0: built in */
};

enum conf_log { CONF_LOG_OFF, CONF_LOG_ERROR, CONF_LOG_INFO, CONF_LOG_DEBUG };

struct conf {
	const struct rule *rules; /* first match wins */
	size_t nrules;
	enum conf_log log;
	const char *log_file; /* NULL: standard error */
	bool strict;          /* conf_finish() adds a last `deny *` */

	/* What was said first counts, as with rules: where `log` was said at
	 * all, and where `strict` was, for the rule that it becomes. */
	const char *log_source, *strict_source;
	unsigned strict_line;

	/* Memory that the caller gave: rules from its start, @mem_used bytes
	 * of strings at its end. */
	char *mem;
	size_t mem_size, mem_used;
};

struct conf_error {
	const char *source;
	unsigned line, column; /* from 1 */
	char text[160];        /* what is wrong and what was expected */
};

/**
 * conf_mem_size() - Memory that conf_init() wants for a text of @text bytes
 * in all (file and rules of the environment together)
 */
size_t conf_mem_size(size_t text);

/**
 * conf_init() - Start an empty configuration
 * @c:		filled in; log level CONF_LOG_ERROR
 * @mem:	memory of @size bytes, aligned for any object; borrowed for as
 *		long as @c lives.  All strings of @c point into it, are the
 *		@source given to conf_parse(), or constants.
 */
void conf_init(struct conf *c, void *mem, size_t size);

/**
 * conf_parse() - Append the rules of one text
 * @c:		configuration, from conf_init()
 * @source:	name for messages: a path, "-r", "VSOCKWRAP_ROUTES"; borrowed
 * @text:	bytes, need not end in NUL; not kept
 * @len:	how many
 * @separator:	'\n' for a file, ';' for VSOCKWRAP_ROUTES (a newline ends a
 *		rule there too)
 * @err:	filled in on failure
 *
 * Return: true, or false with @err; then @c must not be used for routing.
 */
bool conf_parse(struct conf *c, const char *source, const char *text,
		size_t len, char separator, struct conf_error *err);

/**
 * conf_finish() - Add what holds where nothing was said
 *
 * Once, after the last conf_parse().  No rule at all: `route @aws:443
 * vsock:3:8000`, as the Rust crate aws-vsock-http does; its line is 0.
 * `strict` in any text: a last `deny *`, which stands where `strict` does.
 *
 * Return: true, or false with @err
 */
bool conf_finish(struct conf *c, struct conf_error *err);

/**
 * conf_deny_all() - What holds in a process whose configuration is broken
 *
 * Drops every rule and denies every destination, so that nothing goes where
 * the author of the broken file may not have wanted it.  Works without any
 * memory too; loopback is left alone, as by every `deny *`.
 */
void conf_deny_all(struct conf *c);

#endif
