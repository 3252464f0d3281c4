// SPDX-License-Identifier: GPL-3.0-or-later
/* report: see report.h.  The caller does not hold the lock. */

#include <errno.h>

#include "dest.h"
#include "log.h"
#include "report.h"

static void begin(struct log_line *l, const struct sockaddr *sa, socklen_t len,
		  const struct rule *rule)
{
	log_begin(l);
	dest_print(&l->text, sa, len);
	if (rule && rule->verb == RULE_ROUTE) {
		text_str(&l->text, " → ");
		dest_print_target(&l->text, &rule->target);
	}
}

/**
 * report_route() - A connection is about to be made, for `log info`
 */
void report_route(const struct sockaddr *sa, socklen_t len,
		  const struct rule *rule)
{
	struct log_line l;

	if (!log_wants(CONF_LOG_INFO))
		return;
	begin(&l, sa, len, rule);
	log_end(&l);
}

/* What usually is behind it, and what to do */
static void hint(struct log_line *l, const struct target *t, int cause)
{
	const bool vsock = t->kind == TARGET_VSOCK;

	if (vsock && cause == ECONNRESET) {
		text_str(&l->text, " (is vsock-proxy listening on port ");
		text_uint(&l->text, t->port);
		text_str(&l->text, "?)");
	} else if (vsock && cause == ENODEV) {
		text_str(&l->text, " (is this an enclave?)");
	} else if (!vsock && (cause == ENOENT || cause == ECONNREFUSED)) {
		text_str(&l->text, " (is its server running?)");
	}
}

/**
 * report_failure() - A routed connection could not be made
 * @sa, @len:	where the program wanted to go
 * @rule:	the rule that routed it
 * @cause:	errno of the target's socket, not of TCP's
 */
void report_failure(const struct sockaddr *sa, socklen_t len,
		    const struct rule *rule, int cause)
{
	struct log_line l;

	if (!log_wants(CONF_LOG_ERROR))
		return;
	begin(&l, sa, len, rule);
	text_str(&l.text, ": ");
	if (rule->target.kind == TARGET_VSOCK && cause == ECONNRESET)
		log_errno(&l, ECONNREFUSED);
	else
		log_errno(&l, cause);
	if (cause == ETIMEDOUT) {
		text_str(&l.text, " after ");
		text_uint(&l.text, rule->connect_timeout_ms);
		text_str(&l.text, " ms");
	}
	hint(&l, &rule->target, cause);
	log_end(&l);
}

/**
 * report_refusal() - A connection was denied, or has nowhere to go
 * @rule:	the `deny` rule; NULL: the name is routed on other ports only
 */
void report_refusal(const struct sockaddr *sa, socklen_t len,
		    const struct rule *rule)
{
	struct log_line l;

	if (!log_wants(CONF_LOG_ERROR))
		return;
	begin(&l, sa, len, rule);
	if (rule && rule->verb == RULE_DENY) {
		text_str(&l.text, ": denied by ");
		text_str(&l.text, rule->source);
		text_char(&l.text, ':');
		text_uint(&l.text, rule->line);
	} else {
		text_str(&l.text, ": no route for this port of the name");
	}
	log_end(&l);
}

/**
 * report_name() - A name was given a placeholder, for `log debug`
 */
void report_name(const char *name, const struct addr *a)
{
	char literal[ADDR_STRLEN];
	struct log_line l;

	if (!log_wants(CONF_LOG_DEBUG))
		return;
	log_begin(&l);
	text_str(&l.text, name);
	text_str(&l.text, " is routed: placeholder ");
	addr_format(a, literal);
	text_str(&l.text, literal);
	log_end(&l);
}

/**
 * report_name_denied() - A name was not resolved, because a rule denies it
 */
void report_name_denied(const char *name)
{
	struct log_line l;

	if (!log_wants(CONF_LOG_ERROR))
		return;
	log_begin(&l);
	text_str(&l.text, name);
	text_str(&l.text, ": name denied by the configuration");
	log_end(&l);
}
