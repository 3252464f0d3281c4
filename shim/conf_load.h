/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conf_load: the configuration of this process, from variables and file
 *
 * The launcher and the library's constructor both call it, so that what the
 * launcher has accepted is what the library will find.  No stdio, no malloc,
 * no getenv: the library calls it before main().
 */
#ifndef CONF_LOAD_H
#define CONF_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "conf.h"

#define CONF_LOAD_DEFAULT  SYSCONFDIR "/vsockwrap.conf"
#define CONF_LOAD_FILE_MAX (1024L * 1024) /* bytes of a configuration file */

/* Rules that stand in no file. */
struct conf_text {
	const char *source; /* name for messages; must outlive the conf */
	const char *text;   /* NUL-terminated; `;` or newline between rules */
};

/**
 * conf_load() - Read the configuration that the environment names
 * @c:		filled in, also on failure: conf_deny_all() may follow
 * @routes:	value of VSOCKWRAP_ROUTES, or NULL; its rules come first
 * @file:	path of the file, which must exist; NULL or "": the default
 *		one, which need not
 * @err:	filled in on failure; line 0 means the file as a whole
 *
 * Both strings may go after the call, except that @err may point to @file.
 * The memory behind @c comes from mmap(2) and stays for the life of the
 * process.
 *
 * Return: true, or false with @err
 */
bool conf_load(struct conf *c, const char *routes, const char *file,
	       struct conf_error *err);

/**
 * conf_load_texts() - As conf_load(), with any number of texts before the file
 * @texts:	@ntexts of them, read in order
 */
bool conf_load_texts(struct conf *c, const struct conf_text *texts,
		     size_t ntexts, const char *file, struct conf_error *err);

#endif
