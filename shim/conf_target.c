// SPDX-License-Identifier: GPL-3.0-or-later
/* conf_target: TARGET and OPTIONs of a route, see vsockwrap.conf(5) */

#include <string.h>

#include "conf_internal.h"

#define TIMEOUT_MAX_MS 3600000 /* an hour */

/* VMADDR_CID_ANY and VMADDR_PORT_ANY of <linux/vm_sockets.h>: for bind(). */
#define VSOCK_ANY UINT32_MAX

static bool parse_vsock(struct conf_parser *p, struct conf_word cid,
			struct target *t)
{
	struct conf_word port;

	if (!conf_word_cut(&cid, ':', &port))
		return conf_fail(
			p, &p->last, "no port in ",
			"; expected vsock:CID:PORT such as vsock:3:8000");
	if (conf_word_is(&cid, "-1") || conf_word_is(&cid, "4294967295"))
		return conf_fail(p, &cid, "CID ",
				 " means any, for listening only; the parent "
				 "of an enclave is 3");
	if (!conf_word_number(&cid, &t->cid) || t->cid == VSOCK_ANY)
		return conf_fail(p, &cid, "bad CID ",
				 "; expected a decimal number, 3 for the "
				 "parent of an enclave");
	if (!conf_word_number(&port, &t->port))
		return conf_fail(
			p, &port, "bad vsock port ",
			"; expected a decimal number under 4294967295");
	if (t->port == VSOCK_ANY)
		return conf_fail(p, &port, "vsock port ",
				 " means any, for listening only; expected a "
				 "number under it");
	t->kind = TARGET_VSOCK;
	return true;
}

static bool parse_unix(struct conf_parser *p, const struct conf_word *path,
		       struct target *t)
{
	if (!path->len || conf_word_is(path, "@"))
		return conf_fail(p, path,
				 "no path; expected unix:/PATH, or unix:@NAME "
				 "for an abstract socket",
				 NULL);
	if (*path->s != '/' && *path->s != '@')
		return conf_fail(p, path, "relative path ",
				 "; programs change their directory, so write "
				 "it from /");
	if (path->len > CONF_PATH_MAX)
		return conf_fail(p, path,
				 "the path is longer than the 107 bytes that a "
				 "unix socket address holds",
				 NULL);
	t->path = conf_keep(p, path);
	t->kind = TARGET_UNIX;
	return t->path;
}

/**
 * conf_target() - Read TARGET
 * @w:		the word
 * @r:		target is filled in
 *
 * Return: true, or false with the error set
 */
bool conf_target(struct conf_parser *p, struct conf_word w, struct rule *r)
{
	static const char *const names[] = { "vsock:", "unix:", NULL };
	struct conf_word kind = w, value;

	if (conf_word_skip(&w, "vsock:"))
		return parse_vsock(p, w, &r->target);
	if (conf_word_skip(&w, "unix:"))
		return parse_unix(p, &w, &r->target);
	if (conf_word_skip(&w, "vsock-mux:"))
		return conf_fail(p, &p->last, "",
				 ": vsock-mux needs the relay, which this "
				 "version does not have");
	/* Only what stands before the colon is worth a guess. */
	if (conf_word_cut(&kind, ':', &value))
		kind.len++;
	return conf_fail_unknown(p, &kind, "unknown target ",
				 "vsock:CID:PORT or unix:/PATH", names);
}

static bool parse_tls(struct conf_parser *p, const struct conf_word *value,
		      struct rule *r)
{
	static const char *const names[] = { "off", NULL };

	(void)r;
	if (conf_word_is(value, "off"))
		return true;
	if (conf_word_is(value, "pinned"))
		return conf_fail(p, &p->last, "",
				 " needs the TLS part, which this version does "
				 "not have; without it the program's own TLS "
				 "passes untouched");
	if (conf_word_is(value, "originate"))
		return conf_fail(p, &p->last, "",
				 " needs the TLS part, which this version does "
				 "not have; let the program speak TLS itself");
	return conf_fail_unknown(p, value, "unknown tls= policy ", "off",
				 names);
}

static bool skip_end(struct conf_word *w, const char *suffix)
{
	size_t n = strlen(suffix);

	if (w->len < n || memcmp(w->s + w->len - n, suffix, n) != 0)
		return false;
	w->len -= n;
	return true;
}

/* NUMBER[.FRACTION][s|ms] to whole milliseconds; false also where there is no
 * whole number of them. */
static bool parse_ms(struct conf_word number, uint64_t *ms)
{
	struct conf_word fraction = { 0 };
	uint32_t whole, part = 0;
	uint64_t scale = 1000, divisor = 1;

	if (skip_end(&number, "ms"))
		scale = 1;
	else
		skip_end(&number, "s");
	if (conf_word_cut(&number, '.', &fraction) &&
	    (!conf_word_number(&fraction, &part) || fraction.len > 9))
		return false;
	if (!conf_word_number(&number, &whole))
		return false;
	for (size_t i = 0; i < fraction.len; i++)
		divisor *= 10;
	*ms = whole * scale + part * scale / divisor;
	return part * scale % divisor == 0;
}

static bool parse_connect_timeout(struct conf_parser *p,
				  const struct conf_word *value, struct rule *r)
{
	uint64_t ms;

	if (!parse_ms(*value, &ms) || ms < 1 || ms > TIMEOUT_MAX_MS)
		return conf_fail(p, value, "bad connect-timeout ",
				 "; expected seconds such as 10 or 2.5, or "
				 "500ms, from 1ms to 3600s");
	r->connect_timeout_ms = (uint32_t)ms;
	return true;
}

static bool parse_later(struct conf_parser *p, const struct conf_word *value,
			struct rule *r)
{
	(void)value;
	(void)r;
	return conf_fail(p, &p->last, "",
			 " needs the relay or the TLS part, which this version "
			 "does not have");
}

enum { NOPTIONS = 5 };

static const char *const option_names[NOPTIONS + 1] = {
	"connect-timeout=", "tls=", "via=", "max-write=", "extra-roots=", NULL,
};

static bool (*const option_parsers[NOPTIONS])(struct conf_parser *,
					      const struct conf_word *,
					      struct rule *) = {
	parse_connect_timeout, parse_tls, parse_later, parse_later, parse_later,
};

static bool parse_option(struct conf_parser *p, struct conf_word w,
			 unsigned *seen, struct rule *r)
{
	struct conf_word name = w, value;

	for (unsigned i = 0; i < NOPTIONS; i++) {
		if (!conf_word_skip(&w, option_names[i]))
			continue;
		if (*seen & 1u << i)
			return conf_fail(p, &p->last, "",
					 " is given twice; keep one");
		*seen |= 1u << i;
		return option_parsers[i](p, &w, r);
	}
	/* Only what stands before the value is worth a guess. */
	if (conf_word_cut(&name, '=', &value))
		name.len++;
	return conf_fail_unknown(p, &name, "unknown option ",
				 "connect-timeout= or tls=", option_names);
}

/**
 * conf_options() - Read the rest of a route: OPTION...
 * @r:		connect_timeout_ms is set where the text says so
 *
 * Return: true, or false with the error set
 */
bool conf_options(struct conf_parser *p, struct rule *r)
{
	struct conf_word w;
	unsigned seen = 0;

	while (conf_word_next(p, &w))
		if (!parse_option(p, w, &seen, r))
			return false;
	return true;
}
