// SPDX-License-Identifier: GPL-3.0-or-later
/* launch_find: which files will run: PATH, and the interpreters of scripts
 *
 * Only for the diagnosis that follows: it is the kernel that decides at exec.
 */

#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch.h"

#define SCRIPT_HEAD 256 /* BINPRM_BUF_SIZE, include/uapi/linux/binfmts.h */

static const char blanks[] = " \t";

/* 0, or why execve(2) would refuse */
static int executable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) ? errno : 0;
}

/**
 * launch_find() - The file that execvp(3) would start
 * @command:	as typed
 * @err:	set where there is none: ENOENT, or EACCES and the like where
 *		there is a file that cannot be executed
 *
 * Return: path (relative where PATH or @command is), the caller's, or NULL
 */
char *launch_find(const char *command, int *err)
{
	const char *dir = getenv("PATH"), *end;
	int e, found = ENOENT;
	char *path;

	if (!*command) {
		*err = ENOENT;
		return NULL;
	}
	if (strchr(command, '/')) {
		*err = executable(command);
		return *err ? NULL : launch_format("%s", command);
	}
	if (!dir)
		dir = "/bin:/usr/bin"; /* execvp(3) */
	for (;; dir = end + 1) {
		end = strchrnul(dir, ':');
		path = end == dir ? launch_format("./%s", command)
				  : launch_format("%.*s/%s", (int)(end - dir),
						  dir, command);
		e = executable(path);
		if (!e)
			return path;
		free(path);
		if (e == EACCES)
			found = e;
		if (!*end)
			break;
	}
	*err = found;
	return NULL;
}

/* The "#!" line of @path without those two bytes, NUL-terminated; false where
 * it has none. */
static bool script_line(const char *path, char line[SCRIPT_HEAD])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, line, SCRIPT_HEAD - 1);
	close(fd);
	if (n < 2 || line[0] != '#' || line[1] != '!')
		return false;
	line[n] = '\0';
	memmove(line, line + 2, (size_t)n - 1);
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* Is it text that execvp(3) hands to sh? */
static bool plain_script(const char *path)
{
	struct launch_elf e;

	return launch_elf_read(path, &e) == LAUNCH_ELF_NOT;
}

/* `env [-S] [-i] [-u NAME] [NAME=VALUE] COMMAND`, of which the kernel passes
 * everything as one argument: only with -S may it hold blanks. */
static char *env_command(char *args)
{
	char *save, *word = strtok_r(args, blanks, &save);
	int err;

	for (; word; word = strtok_r(NULL, blanks, &save)) {
		if (!strcmp(word, "-u") || !strcmp(word, "-C"))
			strtok_r(NULL, blanks, &save);
		else if (!strncmp(word, "-S", 2) && word[2] && word[2] != '-')
			return launch_find(word + 2, &err);
		else if (*word != '-' && !strchr(word, '='))
			return launch_find(word, &err);
	}
	return NULL;
}

static bool is_env(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !strcmp(slash ? slash + 1 : path, "env");
}

static void add(struct launch_chain *chain, char *path)
{
	if (path && chain->n < LAUNCH_CHAIN_MAX)
		chain->path[chain->n++] = path;
}

/**
 * launch_find_chain() - The files that run when @path does
 * @chain:	filled in: @path, its interpreter if it is a script, that one's
 *		interpreter, ...; for "#!/usr/bin/env X" also X
 *
 * Ends where a file cannot be read or the kernel would give up (ELOOP).
 */
void launch_find_chain(const char *path, struct launch_chain *chain)
{
	char line[SCRIPT_HEAD], *save, *interp;

	chain->n = 0;
	add(chain, launch_format("%s", path));
	for (size_t i = 0; i < chain->n; i++) {
		if (!script_line(chain->path[i], line)) {
			if (plain_script(chain->path[i]))
				add(chain, launch_format("/bin/sh"));
			continue;
		}
		interp = strtok_r(line, blanks, &save);
		if (!interp)
			continue;
		add(chain, launch_format("%s", interp));
		/* at the end of the line musl leaves a null pointer there */
		if (is_env(interp) && save)
			add(chain, env_command(save));
	}
}
