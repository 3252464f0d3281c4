/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_internal: what conf*.c share.  Included by nothing else. */
#ifndef CONF_INTERNAL_H
#define CONF_INTERNAL_H

#include "conf.h"
#include "text.h"

#define CONF_AWS_CID  3    /* the parent instance, seen from an enclave */
#define CONF_AWS_PORT 8000 /* where AWS's vsock-proxy listens by default */

/* A stretch of the text, never NUL-terminated.  Its column is told from @s. */
struct conf_word {
	const char *s;
	size_t len;
};

/* One conf_parse() call. */
struct conf_parser {
	struct conf *c;
	const char *source;
	struct conf_error *err;
	unsigned line;
	const char *line_start;
	struct conf_word rest; /* of the rule, not read yet */
	struct conf_word last; /* the word that conf_word_next() gave last */
	unsigned seen;         /* verbs met in this text, a bit each */
	bool is_file;          /* may not set a thing twice; rules of the
				* environment may: a vsockwrap inside another
				* puts its own before the inherited ones */
};

/* conf_word.c */
bool conf_fail(struct conf_parser *p, const struct conf_word *at,
	       const char *before, const char *after);
bool conf_fail_missing(struct conf_parser *p, const char *text);
bool conf_fail_unknown(struct conf_parser *p, const struct conf_word *at,
		       const char *what, const char *expected,
		       const char *const *names);
bool conf_word_next(struct conf_parser *p, struct conf_word *w);
bool conf_word_is(const struct conf_word *w, const char *s);
bool conf_word_skip(struct conf_word *w, const char *prefix);
bool conf_word_cut(struct conf_word *w, char c, struct conf_word *tail);
bool conf_word_number(const struct conf_word *w, uint32_t *n);
char *conf_keep(struct conf_parser *p, const struct conf_word *w);

/* conf_dest.c, conf_name.c, conf_target.c: fill in their part of @r, or fail */
bool conf_dest(struct conf_parser *p, struct conf_word w, struct rule *r);
bool conf_name(struct conf_parser *p, const struct conf_word *w,
	       struct rule *r);
bool conf_pattern(struct conf_parser *p, const struct conf_word *w,
		  struct rule *r);
bool conf_target(struct conf_parser *p, struct conf_word w, struct rule *r);
bool conf_options(struct conf_parser *p, struct rule *r);

/* conf_setting.c: the rest of a line whose first word was read */
bool conf_log_level(struct conf_parser *p);
bool conf_log_file(struct conf_parser *p);
bool conf_strict(struct conf_parser *p);

#endif
