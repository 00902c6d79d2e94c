/* The limit of durable writes: rows that lie ready in memory, inserted by a C loop with one commit a batch.
 *
 * A loadable extension, so that it runs on the very SQLite that Antiphon runs on (apsw's own).
 *
 *   group_commit(source, select_state, select_log, target, insert_state, insert_log, batch, pages) -> seconds
 *
 * reads both lists of rows from the database file `source`; then, timed, inserts row i of each into the
 * file `target` for i = 0, 1, ..., `batch` pairs a transaction. `target` has its schema already; its
 * write-ahead log is copied back whenever it has `pages` pages.
 */
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct {
    int type;
    int length;
    sqlite3_int64 integer;
    double real;
    char *bytes;
} Value;

typedef struct {
    int columns;
    size_t count, room;
    Value *values;
} Rows;

static int take(sqlite3_stmt *statement, int column, Value *value)
{
    memset(value, 0, sizeof *value);
    value->type = sqlite3_column_type(statement, column);
    switch (value->type) {
    case SQLITE_INTEGER:
        value->integer = sqlite3_column_int64(statement, column);
        break;
    case SQLITE_FLOAT:
        value->real = sqlite3_column_double(statement, column);
        break;
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
        const void *bytes = sqlite3_column_blob(statement, column);
        value->length = sqlite3_column_bytes(statement, column);
        value->bytes = sqlite3_malloc(value->length + 1);
        if (!value->bytes) return SQLITE_NOMEM;
        if (value->length) memcpy(value->bytes, bytes, value->length);
    }
    }
    return SQLITE_OK;
}

static int load(sqlite3 *db, const char *sql, Rows *rows)
{
    sqlite3_stmt *statement = 0;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, 0);
    if (code != SQLITE_OK) return code;
    rows->columns = sqlite3_column_count(statement);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (rows->count == rows->room) {
            rows->room = rows->room ? rows->room * 2 : 1024;
            Value *more = sqlite3_realloc64(rows->values, rows->room * rows->columns * sizeof(Value));
            if (!more) { code = SQLITE_NOMEM; break; }
            rows->values = more;
        }
        for (int column = 0; column < rows->columns; column++)
            take(statement, column, &rows->values[rows->count * rows->columns + column]);
        rows->count++;
    }
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static void release(Rows *rows)
{
    for (size_t i = 0; i < rows->count * rows->columns; i++) sqlite3_free(rows->values[i].bytes);
    sqlite3_free(rows->values);
}

static int insert(sqlite3_stmt *statement, const Rows *rows, size_t row)
{
    const Value *value = &rows->values[row * rows->columns];
    for (int i = 1; i <= rows->columns; i++, value++) {
        switch (value->type) {
        case SQLITE_INTEGER: sqlite3_bind_int64(statement, i, value->integer); break;
        case SQLITE_FLOAT: sqlite3_bind_double(statement, i, value->real); break;
        case SQLITE_TEXT: sqlite3_bind_text(statement, i, value->bytes, value->length, SQLITE_STATIC); break;
        case SQLITE_BLOB: sqlite3_bind_blob(statement, i, value->bytes, value->length, SQLITE_STATIC); break;
        default: sqlite3_bind_null(statement, i);
        }
    }
    int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int run(sqlite3 *db, sqlite3_stmt **s, const Rows *state, const Rows *log, size_t batch)
{
    for (size_t row = 0; row < state->count;) {
        int code;
        size_t end = row + batch < state->count ? row + batch : state->count;
        if (sqlite3_step(s[0]) != SQLITE_DONE) return sqlite3_errcode(db);
        sqlite3_reset(s[0]);
        for (; row < end; row++)
            if ((code = insert(s[2], state, row)) || (code = insert(s[3], log, row))) return code;
        if (sqlite3_step(s[1]) != SQLITE_DONE) return sqlite3_errcode(db);
        sqlite3_reset(s[1]);
    }
    return SQLITE_OK;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void group_commit(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    const char *text[6];
    Rows state = {0}, log = {0};
    sqlite3 *source = 0, *target = 0;
    sqlite3_stmt *statements[4] = {0};
    const char *sql[4] = {"BEGIN IMMEDIATE", "COMMIT", 0, 0};
    char said[300] = "", pragmas[200];
    double start = 0, end = 0;
    int code;

    (void)count;
    for (int i = 0; i < 6; i++) text[i] = (const char *)sqlite3_value_text(arguments[i]);
    size_t batch = (size_t)sqlite3_value_int64(arguments[6]);
    snprintf(pragmas, sizeof pragmas,
             "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=%d",
             sqlite3_value_int(arguments[7]));
    sql[2] = text[4];
    sql[3] = text[5];
    if ((code = sqlite3_open_v2(text[0], &source, SQLITE_OPEN_READWRITE, 0)) ||
        (code = load(source, text[1], &state)) || (code = load(source, text[2], &log))) {
        snprintf(said, sizeof said, "source: %s", sqlite3_errmsg(source));
        goto done;
    }
    if ((code = sqlite3_open_v2(text[3], &target, SQLITE_OPEN_READWRITE, 0)) ||
        (code = sqlite3_exec(target, pragmas, 0, 0, 0))) goto failed;
    for (int i = 0; i < 4; i++)
        if ((code = sqlite3_prepare_v3(target, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &statements[i], 0))) goto failed;
    if (state.count != log.count || !batch) {
        snprintf(said, sizeof said, "%zu state rows, %zu log rows, batch %zu", state.count, log.count, batch);
        goto done;
    }
    start = now();
    code = run(target, statements, &state, &log, batch);
    end = now();
failed:
    if (code) snprintf(said, sizeof said, "target: %s", sqlite3_errmsg(target));
done:
    for (int i = 0; i < 4; i++) sqlite3_finalize(statements[i]);
    sqlite3_close(source);
    sqlite3_close(target);
    release(&state);
    release(&log);
    if (said[0]) sqlite3_result_error(context, said, -1);
    else sqlite3_result_double(context, end - start);
}

int sqlite3_groupcommit_init(sqlite3 *db, char **error, const sqlite3_api_routines *api)
{
    (void)error;
    SQLITE_EXTENSION_INIT2(api);
    return sqlite3_create_function(db, "group_commit", 8, SQLITE_UTF8 | SQLITE_DIRECTONLY, 0, group_commit, 0, 0);
}
