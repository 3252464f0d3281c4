// SPDX-License-Identifier: GPL-3.0-or-later
/* launch_conf: configuration, and the variables that carry it to the library
 *
 * The launcher reads what the library will read, in the same order, so that a
 * mistake stops the start and not the program's connections later.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_load.h"
#include "launch.h"

static void set(const char *name, const char *value)
{
	if (setenv(name, value, 1))
		launch_die(LAUNCH_FAILED, "cannot set %s: %s", name,
			   strerror(errno));
}

/* NULL for an empty variable too: so it can be switched off */
static const char *get(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* A rule travels in VSOCKWRAP_ROUTES, where these two end it. */
static void check_separators(const char *rule, size_t number)
{
	size_t at = strcspn(rule, ";\n");

	if (rule[at])
		launch_die(LAUNCH_FAILED,
			   "-r %zu: column %zu: %s ends a rule; give each rule "
			   "a -r of its own",
			   number, at + 1, rule[at] == ';' ? "';'" : "newline");
}

static _Noreturn void die_of(const struct conf_error *err)
{
	if (!strncmp(err->source, "-r ", 3))
		launch_die(LAUNCH_FAILED, "%s: column %u: %s", err->source,
			   err->column, err->text);
	if (!err->line)
		launch_die(LAUNCH_FAILED, "%s: %s", err->source, err->text);
	launch_die(LAUNCH_FAILED, "%s:%u:%u: %s", err->source, err->line,
		   err->column, err->text);
}

static const char *config_file(const struct launch_options *o)
{
	return o->config ? o->config : get("VSOCKWRAP_CONFIG");
}

/* The library would have no way to refuse these. */
static void check_log_variables(void)
{
	const char *level = get("VSOCKWRAP_LOG");
	const char *file = get("VSOCKWRAP_LOG_FILE");

	if (level && strcmp(level, "off") && strcmp(level, "error") &&
	    strcmp(level, "info") && strcmp(level, "debug"))
		launch_die(LAUNCH_FAILED,
			   "VSOCKWRAP_LOG=%s: expected off, error, info or "
			   "debug",
			   level);
	if (file && file[0] != '/')
		launch_die(LAUNCH_FAILED,
			   "VSOCKWRAP_LOG_FILE=%s: expected an absolute path, "
			   "the program may change its directory",
			   file);
}

/**
 * launch_conf_read() - Read -r, VSOCKWRAP_ROUTES and the file, or exit
 * @c:		filled in
 */
void launch_conf_read(struct conf *c, const struct launch_options *o)
{
	struct conf_text *texts = calloc(o->nrules + 1, sizeof(*texts));
	const char *routes = get("VSOCKWRAP_ROUTES");
	struct conf_error err;
	size_t n;

	if (!texts)
		launch_die(LAUNCH_FAILED, "out of memory");
	if (o->config && !*o->config)
		launch_die(LAUNCH_FAILED, "-c: the file's name is empty");
	check_log_variables();
	for (n = 0; n < o->nrules; n++) {
		check_separators(o->rules[n], n + 1);
		texts[n].source = launch_format("-r %zu", n + 1);
		texts[n].text = o->rules[n];
	}
	if (routes) {
		texts[n].source = "VSOCKWRAP_ROUTES";
		texts[n++].text = routes;
	}
	if (!conf_load_texts(c, texts, n, config_file(o), &err))
		die_of(&err);
	free(texts);
}

static char *absolute(const char *path)
{
	char *cwd;

	if (*path == '/')
		return launch_format("%s", path);
	cwd = getcwd(NULL, 0);
	/* "(unreachable)" is getcwd(2)'s word for a directory that chroot or
	 * umount took out of reach */
	if (!cwd || *cwd != '/')
		launch_die(LAUNCH_FAILED,
			   "%s: the working directory has no path; give the "
			   "file's absolute path",
			   path);
	return launch_format("%s/%s", cwd, path);
}

static void export_rules(const struct launch_options *o)
{
	const char *inherited = get("VSOCKWRAP_ROUTES");
	char *all = launch_format("%s", inherited ? inherited : "");

	for (size_t i = o->nrules; i-- > 0;)
		all = launch_format("%s%s%s", o->rules[i], *all ? ";" : "",
				    all);
	set("VSOCKWRAP_ROUTES", all);
}

/**
 * launch_conf_export() - Set VSOCKWRAP_* for the library, or exit
 */
void launch_conf_export(const struct launch_options *o)
{
	const char *file = config_file(o);

	/* The default one too: in a program that changes its root it must be
	 * missed, not taken for absent. */
	if (!file && access(CONF_LOAD_DEFAULT, F_OK) == 0)
		file = CONF_LOAD_DEFAULT;
	if (file)
		set("VSOCKWRAP_CONFIG", absolute(file));
	if (o->nrules)
		export_rules(o);
	if (o->verbose)
		set("VSOCKWRAP_LOG", o->verbose > 1 ? "debug" : "info");
}
