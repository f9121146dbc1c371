#include "messages/log/log_query.h"

namespace pith {
namespace {

constexpr std::int64_t kPurgePiece = 500;    // decisions in one transaction
constexpr std::int64_t kExportPiece = 1000;  // lines read before the next are handed out

// SQLite writes the JSON: one place that knows the columns, and no second JSON writer.
std::string export_sql() {
  std::string kinds = "CASE kind";
  for (int kind = 1; kind <= static_cast<int>(DecisionKind::kReuse); ++kind) {
    kinds += " WHEN " + std::to_string(kind) + " THEN '" +
             std::string(to_string(static_cast<DecisionKind>(kind))) + "'";
  }
  kinds += " END";
  std::string object = "json_object('kind', " + kinds;
  for (const char* column :
       {"decision_id", "conversation", "tenant", "t_us", "api", "model", "policy", "status",
        "target_rate", "tokens_before", "tokens_after", "new_tokens_before", "new_tokens_after",
        "num_texts", "num_new", "queue_us", "compute_us", "total_us"}) {
    object += std::string(", '") + column + "', " + column;
  }
  object +=
      ", 'rewards', (SELECT json_group_array(json_object('event_id', event_id, 'of', "
      "iif(by_conversation, 'conversation', 'decision'), 'metric', metric, 'source', source, "
      "'value', value, 'weight', weight, 't_us', r.t_us, 'final', json(iif(final, 'true', "
      "'false')))) FROM reward AS r WHERE subject IN (decision_id, conversation)))";
  return "SELECT seq, " + object +
         " FROM decision WHERE (?1='' OR tenant=?1) AND (?2='' OR api=?2) AND t_us>=?3 AND "
         "t_us<?4 AND seq>?5 ORDER BY seq LIMIT ?6";
}

struct Target {
  std::int64_t seq;
  std::string decision_id, conversation;
};

class Purger {
 public:
  explicit Purger(SqliteDatabase& db) : db_(db) {}

  Result<LogPurged> run(const LogPurge& purge) {
    for (const Wanted& one :
         {Wanted{&find_,
                 "SELECT seq, decision_id, conversation FROM decision WHERE seq>?1 AND "
                 "(?2='' OR tenant=?2) AND (?3=0 OR t_us<?3) ORDER BY seq LIMIT ?4"},
          Wanted{&delete_decision_, "DELETE FROM decision WHERE seq=?1"},
          Wanted{&delete_rewards_, "DELETE FROM reward WHERE subject=?1"},
          Wanted{&delete_orphans_,
                 "DELETE FROM reward WHERE subject=?1 AND NOT EXISTS "
                 "(SELECT 1 FROM decision WHERE conversation=?1)"}}) {
      Result<SqliteStatement> statement = db_.prepare(one.sql);
      if (!statement) return statement.error();
      *one.statement = std::move(*statement);
    }
    std::int64_t cursor = 0;
    for (;;) {
      const Result<std::vector<Target>> piece = next_piece(purge, cursor);
      if (!piece) return piece.error();
      if (piece->empty()) break;
      cursor = piece->back().seq;
      const LogPurged before = purged_;
      const Result<Done> done = db_.transaction([&] { return delete_piece(*piece); });
      if (!done) {
        purged_ = before;
        return done.error();
      }
    }
    if (const Result<Done> sums = forget_sums(purge); !sums) return sums.error();
    return purged_;
  }

 private:
  struct Wanted {
    SqliteStatement* statement;
    const char* sql;
  };

  Result<std::vector<Target>> next_piece(const LogPurge& purge, std::int64_t cursor) {
    const ResetLater reset(find_);
    find_.bind(1, cursor).bind_text(2, purge.tenant).bind(3, purge.before_us).bind(4, kPurgePiece);
    std::vector<Target> piece;
    for (;;) {
      const Result<bool> row = find_.step();
      if (!row) return row.error();
      if (!*row) return piece;
      piece.push_back(
          {find_.int_at(0), std::string(find_.text_at(1)), std::string(find_.text_at(2))});
    }
  }

  Result<Done> delete_piece(const std::vector<Target>& piece) {
    for (const Target& target : piece) {
      if (Result<Done> done = delete_decision_.bind(1, target.seq).run(); !done) return done;
      ++purged_.decisions;
      for (auto [statement, subject] : {std::pair(&delete_rewards_, &target.decision_id),
                                        std::pair(&delete_orphans_, &target.conversation)}) {
        if (Result<Done> done = statement->bind_text(1, *subject).run(); !done) return done;
        purged_.rewards += static_cast<std::uint64_t>(db_.changes());
      }
    }
    return Done{};
  }

  Result<Done> forget_sums(const LogPurge& purge) {
    if (purge.tenant.empty() || purge.before_us != 0) return Done{};
    Result<SqliteStatement> statement = db_.prepare("DELETE FROM daily WHERE tenant=?1");
    if (!statement) return statement.error();
    return statement->bind_text(1, purge.tenant).run();
  }

  SqliteDatabase& db_;
  SqliteStatement find_, delete_decision_, delete_rewards_, delete_orphans_;
  LogPurged purged_;
};

}  // namespace

Result<LogQuery> LogQuery::open(const std::string& path) {
  SqliteOptions options;
  options.create = false;
  options.read_only = true;
  Result<SqliteDatabase> opened = open_log_database(path, options);
  if (!opened) return opened.error();
  auto db = std::make_unique<SqliteDatabase>(*std::move(opened));
  Result<LogTableReader> reader = LogTableReader::prepare(*db);
  if (!reader) return reader.error();
  return LogQuery(std::move(db), *std::move(reader));
}

Result<std::optional<Decision>> LogQuery::decision(std::string_view decision_id) {
  return reader_.decision(decision_id);
}

Result<std::vector<Decision>> LogQuery::recent(const LogFilter& filter) {
  return reader_.recent(filter);
}

Result<std::vector<Decision>> LogQuery::conversation(std::string_view conversation) {
  return reader_.conversation(conversation);
}

Result<std::vector<Reward>> LogQuery::rewards(std::string_view subject) {
  return reader_.rewards(subject);
}

Result<std::vector<LogTotals>> LogQuery::totals() { return reader_.totals(); }

Result<std::uint64_t> LogQuery::export_json_lines(
    const LogFilter& filter, const std::function<bool(std::string_view)>& line) {
  Result<SqliteStatement> statement = db_->prepare(export_sql());
  if (!statement) return statement.error();
  std::uint64_t lines = 0;
  std::int64_t cursor = 0;
  for (;;) {
    // In pieces: a reader that stays open for a slow pipe would keep the server's WAL from ending.
    std::vector<std::string> piece;
    const ResetLater reset(*statement);
    statement->bind_text(1, filter.tenant).bind_text(2, filter.api);
    statement->bind(3, filter.since_us).bind(4, filter.before_us);
    statement->bind(5, cursor).bind(6, kExportPiece);
    for (;;) {
      const Result<bool> row = statement->step();
      if (!row) return row.error();
      if (!*row) break;
      cursor = statement->int_at(0);
      piece.emplace_back(statement->text_at(1));
    }
    statement->reset();
    for (const std::string& one : piece) {
      ++lines;
      if (!line(one)) return lines;
    }
    if (piece.size() < static_cast<std::size_t>(kExportPiece)) return lines;
  }
}

Result<LogPurged> purge_log(const std::string& path, const LogPurge& purge) {
  if (purge.tenant.empty() && purge.before_us == 0) {
    return Error{ErrorCode::kInvalidArgument, "purge: neither a tenant nor a time is given"};
  }
  SqliteOptions options;
  options.create = false;
  Result<SqliteDatabase> db = open_log_database(path, options);
  if (!db) return db.error();
  if (const Result<Done> set = db->execute("PRAGMA secure_delete=ON"); !set) return set.error();
  Result<LogPurged> purged = Purger(*db).run(purge);
  if (!purged) return purged;
  // Old pages live on in the WAL until it begins anew.
  if (const Result<Done> done = db->execute("PRAGMA wal_checkpoint(TRUNCATE)"); !done) {
    return done.error();
  }
  return purged;
}

}  // namespace pith
