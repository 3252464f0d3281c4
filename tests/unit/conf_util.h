/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_util: a configuration out of a string, for unit tests */
#ifndef CONF_UTIL_H
#define CONF_UTIL_H

#include "unit.h"

#include <stdlib.h>

#include "conf.h"

/* Exactly the memory that was asked for, so that a sanitizer sees one byte
 * more. */
static inline void conf_util_init(struct conf *c, size_t text)
{
	size_t size = conf_mem_size(text);
	void *mem = malloc(size);

	assert_non_null(mem);
	conf_init(c, mem, size);
}

static inline void conf_util_free(struct conf *c)
{
	free(c->mem);
}

static inline bool conf_util_parse(struct conf *c, const char *text,
				   char separator, struct conf_error *err)
{
	/* A copy without a NUL: nothing may be read behind the end. */
	size_t len = strlen(text);
	char *copy = malloc(len + !len);
	bool good;

	assert_non_null(copy);
	memcpy(copy, text, len);
	good = conf_parse(c, "test.conf", copy, len, separator, err);
	free(copy);
	return good;
}

/* A text that must be good, finished; free with conf_util_free(). */
static inline void conf_util_load(struct conf *c, const char *text)
{
	struct conf_error err;

	conf_util_init(c, strlen(text));
	check(conf_util_parse(c, text, '\n', &err), "%s\n%u:%u: %s", text,
	      err.line, err.column, err.text);
	check(conf_finish(c, &err), "%s", err.text);
}

#endif
