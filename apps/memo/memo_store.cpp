#include "apps/memo/memo_store.h"

#include <algorithm>

#include "apps/memo/sent_form.h"

namespace pith {
namespace {

constexpr std::uint32_t kApplicationId = 0x5049544D;  // "PITM"

// Rows of sent_form lie together by conversation, because a conversation is read as a whole.
// AUTOINCREMENT: the id of a forgotten conversation must not be given to a new one while the old
// forms are still being swept away.
constexpr const char* kSchema1 = R"sql(
CREATE TABLE conversation (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash BLOB NOT NULL UNIQUE,
  policy TEXT NOT NULL,
  begun_us INTEGER NOT NULL,
  touched_day INTEGER NOT NULL
);
CREATE TABLE sent_form (
  conversation INTEGER NOT NULL,
  text BLOB NOT NULL,
  form BLOB NOT NULL,
  PRIMARY KEY (conversation, text)
) WITHOUT ROWID;
CREATE TABLE dead (conversation INTEGER PRIMARY KEY);
CREATE TABLE total (id INTEGER PRIMARY KEY CHECK (id = 1), rows INTEGER NOT NULL);
INSERT INTO total VALUES (1, 0);
)sql";

Result<KeyedHash> to_hash(std::span<const std::uint8_t> bytes) {
  KeyedHash hash{};
  if (bytes.size() != hash.size()) {
    return Error{ErrorCode::kStorageFailed, "memo: a damaged hash"};
  }
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

struct Wanted {
  SqliteStatement* statement;
  const char* sql;
};

Result<Done> prepare_all(SqliteDatabase& db, std::initializer_list<Wanted> wanted) {
  for (const Wanted& one : wanted) {
    Result<SqliteStatement> statement = db.prepare(one.sql);
    if (!statement) return statement.error();
    *one.statement = std::move(*statement);
  }
  return Done{};
}

}  // namespace

Result<SqliteDatabase> open_memo_database(const Memo::Options& options) {
  SqliteOptions sqlite;
  sqlite.page_count_max = options.page_count_max;
  Result<SqliteDatabase> db = SqliteDatabase::open(options.path, sqlite);
  if (!db) return db;
  constexpr std::array<const char*, 1> kSteps = {kSchema1};
  if (const Result<Done> migrated = db->migrate(kApplicationId, kSteps); !migrated) {
    return migrated.error();
  }
  return db;
}

Result<MemoReader> MemoReader::prepare(SqliteDatabase& db) {
  MemoReader reader;
  const Result<Done> prepared =
      prepare_all(db, {{&reader.conversation_,
                        "SELECT id, policy, begun_us, touched_day FROM conversation WHERE hash=?1"},
                       {&reader.forms_, "SELECT text, form FROM sent_form WHERE conversation=?1"},
                       {&reader.rows_, "SELECT rows FROM total"}});
  if (!prepared) return prepared.error();
  return reader;
}

Result<StoredConversation> MemoReader::load(const KeyedHash& conversation) {
  StoredConversation stored;
  {
    const ResetLater reset(conversation_);
    conversation_.bind_blob(1, conversation);
    const Result<bool> row = conversation_.step();
    if (!row) return row.error();
    if (!*row) return stored;
    stored.id = conversation_.int_at(0);
    stored.start = {std::string(conversation_.text_at(1)), conversation_.int_at(2)};
    stored.touched_day = conversation_.int_at(3);
  }
  const ResetLater reset(forms_);
  forms_.bind(1, stored.id);
  for (;;) {
    const Result<bool> row = forms_.step();
    if (!row) return row.error();
    if (!*row) return stored;
    const Result<KeyedHash> text = to_hash(forms_.blob_at(0));
    if (!text) return text.error();
    Result<SentForm> form = decode_sent_form(forms_.blob_at(1));
    if (!form) return form.error();
    stored.forms.emplace_back(*text, std::make_shared<const SentForm>(*std::move(form)));
  }
}

Result<std::uint64_t> MemoReader::rows() {
  const ResetLater reset(rows_);
  const Result<bool> row = rows_.step();
  if (!row) return row.error();
  return *row ? static_cast<std::uint64_t>(rows_.int_at(0)) : 0;
}

Result<MemoWriter> MemoWriter::prepare(SqliteDatabase& db) {
  MemoWriter w;
  w.db_ = &db;
  const Result<Done> prepared = prepare_all(
      db, {{&w.insert_conversation_,
            "INSERT INTO conversation (hash, policy, begun_us, touched_day) VALUES (?1,?2,?3,?4) "
            "ON CONFLICT (hash) DO NOTHING"},
           {&w.find_conversation_, "SELECT id, policy, begun_us FROM conversation WHERE hash=?1"},
           {&w.insert_text_,
            "INSERT INTO sent_form (conversation, text, form) VALUES (?1,?2,?3) "
            "ON CONFLICT (conversation, text) DO NOTHING"},
           {&w.find_text_, "SELECT form FROM sent_form WHERE conversation=?1 AND text=?2"},
           {&w.touch_, "UPDATE conversation SET touched_day=?2 WHERE hash=?1"},
           {&w.add_rows_, "UPDATE total SET rows=rows+?1"},
           {&w.untouched_,
            "SELECT id, hash, touched_day FROM conversation WHERE id>?1 ORDER BY id LIMIT ?2"},
           {&w.delete_conversation_, "DELETE FROM conversation WHERE id=?1"},
           {&w.insert_dead_, "INSERT INTO dead VALUES (?1)"},
           {&w.find_dead_, "SELECT conversation FROM dead LIMIT 1"},
           {&w.sweep_,
            "DELETE FROM sent_form WHERE conversation=?1 AND text IN "
            "(SELECT text FROM sent_form WHERE conversation=?1 LIMIT ?2)"},
           {&w.delete_dead_, "DELETE FROM dead WHERE conversation=?1"}});
  if (!prepared) return prepared.error();
  return w;
}

Result<MemoWriter::Conversation> MemoWriter::put_conversation(const KeyedHash& hash,
                                                              const ConversationStart& start,
                                                              std::int64_t day) {
  insert_conversation_.bind_blob(1, hash)
      .bind_text(2, start.policy)
      .bind(3, start.begun_us)
      .bind(4, day);
  if (const Result<Done> inserted = insert_conversation_.run(); !inserted) return inserted.error();
  if (db_->changes() > 0) return Conversation{db_->last_insert_id(), start};
  const ResetLater reset(find_conversation_);
  const Result<bool> row = find_conversation_.bind_blob(1, hash).step();
  if (!row) return row.error();
  if (!*row) return Error{ErrorCode::kStorageFailed, "memo: the index of conversations is damaged"};
  return Conversation{find_conversation_.int_at(0),
                      {std::string(find_conversation_.text_at(1)), find_conversation_.int_at(2)}};
}

Result<std::shared_ptr<const SentForm>> MemoWriter::put_text(std::int64_t conversation,
                                                             const KeyedHash& text,
                                                             const SentForm& form) {
  const std::vector<std::uint8_t> bytes = encode(form);
  insert_text_.bind(1, conversation).bind_blob(2, text).bind_blob(3, bytes);
  if (const Result<Done> inserted = insert_text_.run(); !inserted) return inserted.error();
  if (db_->changes() > 0) return std::shared_ptr<const SentForm>();
  const ResetLater reset(find_text_);
  const Result<bool> row = find_text_.bind(1, conversation).bind_blob(2, text).step();
  if (!row) return row.error();
  if (!*row) return Error{ErrorCode::kStorageFailed, "memo: the table of forms is damaged"};
  Result<SentForm> winner = decode_sent_form(find_text_.blob_at(0));
  if (!winner) return winner.error();
  return std::make_shared<const SentForm>(*std::move(winner));
}

Result<Done> MemoWriter::touch(const KeyedHash& conversation, std::int64_t day) {
  return touch_.bind_blob(1, conversation).bind(2, day).run();
}

Result<Done> MemoWriter::add_rows(std::int64_t rows) { return add_rows_.bind(1, rows).run(); }

Result<std::vector<MemoWriter::Old>> MemoWriter::untouched_since(std::int64_t day,
                                                                 std::int64_t& cursor, int limit) {
  std::vector<Old> old;
  const ResetLater reset(untouched_);
  untouched_.bind(1, cursor).bind(2, static_cast<std::int64_t>(limit));
  for (;;) {
    const Result<bool> row = untouched_.step();
    if (!row) return row.error();
    if (!*row) break;
    --limit;
    cursor = untouched_.int_at(0);
    if (untouched_.int_at(2) >= day) continue;
    const Result<KeyedHash> hash = to_hash(untouched_.blob_at(1));
    if (!hash) return hash.error();
    old.push_back({cursor, *hash});
  }
  if (limit > 0) cursor = 0;
  return old;
}

Result<Done> MemoWriter::forget(std::int64_t conversation) {
  if (const Result<Done> dead = insert_dead_.bind(1, conversation).run(); !dead) return dead;
  return delete_conversation_.bind(1, conversation).run();
}

Result<std::optional<std::int64_t>> MemoWriter::sweep(int limit) {
  std::int64_t conversation = 0;
  {
    const ResetLater reset(find_dead_);
    const Result<bool> row = find_dead_.step();
    if (!row) return row.error();
    if (!*row) return std::optional<std::int64_t>();
    conversation = find_dead_.int_at(0);
  }
  const Result<Done> swept =
      sweep_.bind(1, conversation).bind(2, static_cast<std::int64_t>(limit)).run();
  if (!swept) return swept.error();
  const std::int64_t gone = db_->changes();
  if (gone < limit) {
    if (const Result<Done> buried = delete_dead_.bind(1, conversation).run(); !buried) {
      return buried.error();
    }
  }
  if (const Result<Done> counted = add_rows(-gone); !counted) return counted.error();
  return std::optional(gone);
}

}  // namespace pith
