// SPDX-License-Identifier: GPL-3.0-or-later
/* launch_preload: where the library is, and LD_PRELOAD
 *
 * The library is looked for beside this executable, then in the directory it
 * is installed in; both are absolute, and nothing that the user's directory or
 * variables say counts (CVE-2015-3887 was a wrapper that looked in "./").
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "launch.h"

#define LIBRARY "libvsockwrap.so"

/* What ends an entry of LD_PRELOAD (glibc: space, colon; musl: any blank), and
 * what glibc expands in it, ld.so(8). */
static const char separators[] = ": \t\n\v\f\r";
static const char unspeakable[] = ": \t\n\v\f\r$";

/* NULL where /proc is not mounted or the path does not fit */
static char *beside_executable(void)
{
	char exe[4096], *slash;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0 || exe[0] != '/' || (size_t)n == sizeof(exe) - 1)
		return NULL;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	return launch_format("%.*s/" LIBRARY, (int)(slash - exe), exe);
}

/* Why @path cannot serve, or NULL. */
static const char *what_is_wrong(const char *path)
{
	struct stat st;
	struct launch_elf e;

	if (stat(path, &st))
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (access(path, R_OK))
		return strerror(errno);
	if (launch_elf_read(path, &e) != LAUNCH_ELF_OK)
		return "not a shared library for this machine";
	return NULL;
}

static void check_loadable(const char *path)
{
	struct statvfs fs;

	if (path[strcspn(path, unspeakable)])
		launch_die(LAUNCH_FAILED,
			   "%s: LD_PRELOAD cannot hold a path with a blank, a "
			   "colon or a dollar sign; install vsockwrap in "
			   "another directory",
			   path);
	/* The loader would complain, and start the program without us. */
	if (!statvfs(path, &fs) && fs.f_flag & ST_NOEXEC)
		launch_die(LAUNCH_FAILED,
			   "%s: its file system is mounted noexec, so it "
			   "cannot be loaded; install vsockwrap on another",
			   path);
}

/**
 * launch_preload_library() - Find the library, or exit
 *
 * Return: its absolute path, fit for LD_PRELOAD
 */
char *launch_preload_library(void)
{
	char *near = beside_executable(), *path = near;
	const char *installed = LIBDIR "/" LIBRARY;
	const char *near_wrong = "unknown place, /proc is not mounted";
	const char *installed_wrong;

	if (near)
		near_wrong = what_is_wrong(near);
	if (near_wrong) {
		installed_wrong = what_is_wrong(installed);
		if (installed_wrong)
			launch_die(LAUNCH_FAILED,
				   LIBRARY
				   " found neither beside vsockwrap "
				   "(%s: %s) nor installed (%s: %s); build it "
				   "or run 'make install'",
				   near ? near : "?", near_wrong, installed,
				   installed_wrong);
		path = launch_format("%s", installed);
	}
	check_loadable(path);
	return path;
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Two copies would each take the program's socket for its own. */
static bool is_ours(const char *entry, const char *library)
{
	const char *slash = strrchr(entry, '/');

	return !strcmp(slash ? slash + 1 : entry, LIBRARY) ||
	       same_file(entry, library);
}

/**
 * launch_preload_set() - Put the library in front of LD_PRELOAD, or exit
 * @library:	absolute path
 *
 * What was there stays, in its order, except for other copies of us.
 */
void launch_preload_set(const char *library)
{
	const char *old = getenv("LD_PRELOAD");
	char *rest = launch_format("%s", old ? old : "");
	char *value = launch_format("%s", library), *save, *entry;

	for (entry = strtok_r(rest, separators, &save); entry;
	     entry = strtok_r(NULL, separators, &save))
		if (!is_ours(entry, library))
			value = launch_format("%s:%s", value, entry);
	if (setenv("LD_PRELOAD", value, 1))
		launch_die(LAUNCH_FAILED, "cannot set LD_PRELOAD: %s",
			   strerror(errno));
}
