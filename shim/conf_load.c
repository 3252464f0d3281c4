// SPDX-License-Identifier: GPL-3.0-or-later
/* conf_load: the configuration of this process; see conf_load.h.
 *
 * One mapping holds all of it: what conf.c keeps, the text of the file, and a
 * copy of the file's path, because programs that set their process title
 * write over the environment it came from.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_load.h"
#include "text.h"

/* The file, between open and read. */
struct source_file {
	const char *path;
	int fd;      /* -1: there is none, and none is needed */
	size_t size; /* bytes, when it was opened */
};

static struct text error_text(struct conf_error *err, const char *source)
{
	err->source = source;
	err->line = err->column = 0;
	return text_init(err->text, sizeof(err->text));
}

static bool fail(struct conf_error *err, const char *source, const char *what)
{
	struct text t = error_text(err, source);

	text_str(&t, what);
	return false;
}

/* strerror(3) would read message catalogues: not before main(). */
static bool fail_errno(struct conf_error *err, const char *source,
		       const char *doing, int number)
{
	struct text t = error_text(err, source);

	text_str(&t, doing);
	switch (number) {
	case ENOENT:
	case ENOTDIR:
		text_str(&t, ": no such file");
		break;
	case EACCES:
		text_str(&t, ": permission denied");
		break;
	default:
		text_str(&t, ": errno ");
		text_uint(&t, (uint64_t)number);
	}
	return false;
}

static bool check_file(struct source_file *f, struct conf_error *err)
{
	struct stat st;

	if (fstat(f->fd, &st))
		return fail_errno(err, f->path, "cannot read it", errno);
	if (S_ISDIR(st.st_mode))
		return fail(err, f->path, "a directory, not a file");
	/* Every program that is started reads it again. */
	if (!S_ISREG(st.st_mode))
		return fail(err, f->path,
			    "not a regular file; a pipe can be "
			    "read only once, and each started "
			    "program reads it");
	if (st.st_size > CONF_LOAD_FILE_MAX)
		return fail(err, f->path, "larger than 1 MiB");
	f->size = (size_t)st.st_size;
	return true;
}

static bool open_file(struct source_file *f, const char *path,
		      struct conf_error *err)
{
	bool named = path && *path;

	f->path = named ? path : CONF_LOAD_DEFAULT;
	f->size = 0;
	/* O_NONBLOCK: a FIFO without a writer must not stop the program. */
	f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (f->fd < 0) {
		if (!named && (errno == ENOENT || errno == ENOTDIR))
			return true;
		return fail_errno(err, f->path, "cannot open it", errno);
	}
	if (check_file(f, err))
		return true;
	close(f->fd);
	return false;
}

/* @buf has room for one byte more than the file had: that byte tells whether
 * it grew.  What it shrank to is taken as it is. */
static bool read_file(struct source_file *f, char *buf, struct conf_error *err)
{
	size_t len = 0;

	while (len <= f->size) {
		ssize_t n = read(f->fd, buf + len, f->size + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(err, f->path, "cannot read it",
					  errno);
		if (!n)
			break;
		len += (size_t)n;
	}
	if (len > f->size)
		return fail(err, f->path, "grew while it was read; try again");
	f->size = len;
	return true;
}

static size_t round_up(size_t n)
{
	size_t align = alignof(max_align_t);

	return (n + align - 1) / align * align;
}

static bool parse_file(struct conf *c, struct source_file *f, char *text,
		       struct conf_error *err)
{
	/* after the text and the byte that read_file() may use */
	char *path = text + f->size + 1;

	memcpy(path, f->path, strlen(f->path) + 1);
	if (!read_file(f, text, err))
		return false;
	return conf_parse(c, path, text, f->size, '\n', err);
}

static bool load(struct conf *c, const struct conf_text *texts, size_t ntexts,
		 struct source_file *f, struct conf_error *err)
{
	size_t keep, total = f->size;
	char *mem;

	for (size_t i = 0; i < ntexts; i++)
		total += strlen(texts[i].text) + 1;
	keep = round_up(conf_mem_size(total));
	mem = mmap(NULL, keep + f->size + 1 + strlen(f->path) + 1,
		   PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return fail(err, f->path, "no memory for the configuration");

	conf_init(c, mem, keep);
	for (size_t i = 0; i < ntexts; i++)
		if (!conf_parse(c, texts[i].source, texts[i].text,
				strlen(texts[i].text), ';', err))
			return false;
	if (f->fd >= 0 && !parse_file(c, f, mem + keep, err))
		return false;
	return conf_finish(c, err);
}

bool conf_load_texts(struct conf *c, const struct conf_text *texts,
		     size_t ntexts, const char *file, struct conf_error *err)
{
	struct source_file f;
	bool ok;

	conf_init(c, NULL, 0);
	if (!open_file(&f, file, err))
		return false;
	ok = load(c, texts, ntexts, &f, err);
	if (f.fd >= 0)
		close(f.fd);
	return ok;
}

bool conf_load(struct conf *c, const char *routes, const char *file,
	       struct conf_error *err)
{
	struct conf_text text = { "VSOCKWRAP_ROUTES", routes };

	return conf_load_texts(c, &text, routes ? 1 : 0, file, err);
}
