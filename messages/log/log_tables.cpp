#include "messages/log/log_tables.h"

#include <array>
#include <cmath>
#include <initializer_list>

namespace pith {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

// Columns after total_us belong to learning and stay NULL until then. seq is the cursor of whoever
// reads the log in order. Sums are kept by day, so that savings of all time need no scan and
// outlive the rows.
constexpr const char* kSchema1 = R"sql(
CREATE TABLE decision (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  decision_id TEXT NOT NULL UNIQUE,
  conversation TEXT NOT NULL,
  tenant TEXT NOT NULL,
  t_us INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  api TEXT NOT NULL,
  model TEXT NOT NULL,
  policy TEXT NOT NULL,
  status TEXT NOT NULL,
  target_rate REAL,
  tokens_before INTEGER NOT NULL,
  tokens_after INTEGER NOT NULL,
  new_tokens_before INTEGER NOT NULL,
  new_tokens_after INTEGER NOT NULL,
  num_texts INTEGER NOT NULL,
  num_new INTEGER NOT NULL,
  queue_us INTEGER NOT NULL,
  compute_us INTEGER NOT NULL,
  total_us INTEGER NOT NULL,
  ref_version TEXT,
  arm INTEGER,
  seed INTEGER,
  threshold REAL,
  temperature REAL,
  band_idx BLOB,
  q BLOB,
  mask BLOB,
  costs BLOB,
  token_blob BLOB
);
CREATE INDEX decision_by_conversation ON decision (conversation, seq);
CREATE TABLE reward (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id TEXT NOT NULL UNIQUE,
  subject TEXT NOT NULL,
  by_conversation INTEGER NOT NULL,
  metric TEXT NOT NULL,
  source TEXT NOT NULL,
  value REAL NOT NULL,
  weight REAL NOT NULL,
  t_us INTEGER NOT NULL,
  final INTEGER NOT NULL
);
CREATE INDEX reward_by_subject ON reward (subject, seq);
CREATE TABLE daily (
  day INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  api TEXT NOT NULL,
  decisions INTEGER NOT NULL,
  tokens_before INTEGER NOT NULL,
  tokens_after INTEGER NOT NULL,
  new_tokens_before INTEGER NOT NULL,
  new_tokens_after INTEGER NOT NULL,
  PRIMARY KEY (day, tenant, api)
) WITHOUT ROWID;
)sql";

#define DECISION_COLUMNS                                                                     \
  "decision_id, conversation, tenant, t_us, kind, api, model, policy, status, target_rate, " \
  "tokens_before, tokens_after, new_tokens_before, new_tokens_after, num_texts, num_new, "   \
  "queue_us, compute_us, total_us"

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

std::uint32_t count_at(const SqliteStatement& row, int column) {
  return static_cast<std::uint32_t>(row.int_at(column));
}

Decision read_decision(const SqliteStatement& row) {
  Decision decision;
  decision.decision_id = row.text_at(0);
  decision.conversation = row.text_at(1);
  decision.tenant = row.text_at(2);
  decision.t_us = row.int_at(3);
  decision.kind = static_cast<DecisionKind>(row.int_at(4));
  decision.api = row.text_at(5);
  decision.model = row.text_at(6);
  decision.policy = row.text_at(7);
  decision.status = row.text_at(8);
  decision.target_rate = static_cast<float>(row.double_at(9));
  decision.tokens_before = count_at(row, 10);
  decision.tokens_after = count_at(row, 11);
  decision.new_tokens_before = count_at(row, 12);
  decision.new_tokens_after = count_at(row, 13);
  decision.num_texts = count_at(row, 14);
  decision.num_new = count_at(row, 15);
  decision.queue_us = count_at(row, 16);
  decision.compute_us = count_at(row, 17);
  decision.total_us = count_at(row, 18);
  return decision;
}

std::int64_t signed_count(std::uint64_t count) { return static_cast<std::int64_t>(count); }

}  // namespace

std::string_view to_string(DecisionKind kind) {
  switch (kind) {
    case DecisionKind::kGreedy:
      return "greedy";
    case DecisionKind::kExplore:
      return "explore";
    case DecisionKind::kShadow:
      return "shadow";
    case DecisionKind::kApprentice:
      return "apprentice";
    case DecisionKind::kGuard:
      return "guard";
    case DecisionKind::kHoldout:
      return "holdout";
    case DecisionKind::kBypass:
      return "bypass";
    case DecisionKind::kReuse:
      return "reuse";
  }
  return "unknown";
}

Result<SqliteDatabase> open_log_database(const std::string& path, const SqliteOptions& options) {
  Result<SqliteDatabase> db = SqliteDatabase::open(path, options);
  if (!db) return db;
  constexpr std::array<const char*, kLogSchemaVersion> kSteps = {kSchema1};
  const Result<Done> ready = options.read_only || !options.create
                                 ? db->check_schema(kLogApplicationId, kLogSchemaVersion)
                                 : db->migrate(kLogApplicationId, kSteps);
  if (!ready) return ready.error();
  return db;
}

Result<LogWriter> LogWriter::prepare(SqliteDatabase& db) {
  LogWriter writer;
  writer.db_ = &db;
  // ON CONFLICT names its key: OR IGNORE would also swallow other constraints.
  const Result<Done> prepared = prepare_all(
      db, {{&writer.decision_,
            "INSERT INTO decision (" DECISION_COLUMNS
            ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19) "
            "ON CONFLICT (decision_id) DO NOTHING"},
           {&writer.reward_,
            "INSERT INTO reward (event_id, subject, by_conversation, metric, source, value, "
            "weight, t_us, final) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9) "
            "ON CONFLICT (event_id) DO NOTHING"},
           {&writer.total_,
            "INSERT INTO daily VALUES (?1,?2,?3,?4,?5,?6,?7,?8) "
            "ON CONFLICT (day, tenant, api) DO UPDATE SET decisions=decisions+?4, "
            "tokens_before=tokens_before+?5, tokens_after=tokens_after+?6, "
            "new_tokens_before=new_tokens_before+?7, new_tokens_after=new_tokens_after+?8"}});
  if (!prepared) return prepared.error();
  return writer;
}

Result<LogWriter::Put> LogWriter::inserted(const Result<Done>& ran) {
  if (!ran) {
    if (db_->failed_by_value()) return Put::kImpossible;
    return ran.error();
  }
  return db_->changes() > 0 ? Put::kNew : Put::kDuplicate;
}

Result<LogWriter::Put> LogWriter::put(const Decision& d) {
  decision_.bind_text(1, d.decision_id).bind_text(2, d.conversation).bind_text(3, d.tenant);
  decision_.bind(4, d.t_us).bind(5, static_cast<std::int64_t>(d.kind));
  decision_.bind_text(6, d.api).bind_text(7, d.model).bind_text(8, d.policy).bind_text(9, d.status);
  if (std::isfinite(d.target_rate)) {
    decision_.bind(10, static_cast<double>(d.target_rate));
  } else {
    decision_.bind_null(10);
  }
  int column = 11;
  for (const std::uint32_t count :
       {d.tokens_before, d.tokens_after, d.new_tokens_before, d.new_tokens_after, d.num_texts,
        d.num_new, d.queue_us, d.compute_us, d.total_us}) {
    decision_.bind(column++, static_cast<std::int64_t>(count));
  }
  Result<Put> put = inserted(decision_.run());
  if (put && *put == Put::kNew && d.kind != DecisionKind::kShadow) {
    LogTotals& sums = totals_[{d.t_us / kDayUs, d.tenant, d.api}];
    sums.decisions += 1;
    sums.tokens_before += d.tokens_before;
    sums.tokens_after += d.tokens_after;
    sums.new_tokens_before += d.new_tokens_before;
    sums.new_tokens_after += d.new_tokens_after;
  }
  return put;
}

Result<LogWriter::Put> LogWriter::put(const Reward& r) {
  const bool by_conversation = r.decision_id.empty();
  reward_.bind_text(1, r.event_id).bind_text(2, by_conversation ? r.conversation : r.decision_id);
  reward_.bind(3, std::int64_t{by_conversation}).bind_text(4, r.metric).bind_text(5, r.source);
  reward_.bind(6, r.value).bind(7, r.weight).bind(8, r.t_us).bind(9, std::int64_t{r.final});
  return inserted(reward_.run());
}

Result<Done> LogWriter::add_totals() {
  for (const auto& [key, sums] : totals_) {
    const auto& [day, tenant, api] = key;
    total_.bind(1, day).bind_text(2, tenant).bind_text(3, api);
    total_.bind(4, signed_count(sums.decisions));
    total_.bind(5, signed_count(sums.tokens_before)).bind(6, signed_count(sums.tokens_after));
    total_.bind(7, signed_count(sums.new_tokens_before));
    total_.bind(8, signed_count(sums.new_tokens_after));
    if (Result<Done> added = total_.run(); !added) return added;
  }
  totals_.clear();
  return Done{};
}

Result<LogTableReader> LogTableReader::prepare(SqliteDatabase& db) {
  LogTableReader reader;
  const Result<Done> prepared = prepare_all(
      db, {{&reader.decision_, "SELECT " DECISION_COLUMNS " FROM decision WHERE decision_id=?1"},
           {&reader.conversation_,
            "SELECT " DECISION_COLUMNS " FROM decision WHERE conversation=?1 ORDER BY seq"},
           {&reader.recent_, "SELECT " DECISION_COLUMNS
                             " FROM decision WHERE (?1='' OR tenant=?1) AND (?2='' OR api=?2) "
                             "AND t_us>=?3 AND t_us<?4 ORDER BY seq DESC LIMIT ?5"},
           {&reader.rewards_,
            "SELECT event_id, subject, by_conversation, metric, source, value, weight, t_us, final "
            "FROM reward WHERE subject=?1 ORDER BY seq"},
           {&reader.totals_,
            "SELECT api, tenant, sum(decisions), sum(tokens_before), sum(tokens_after), "
            "sum(new_tokens_before), sum(new_tokens_after) FROM daily GROUP BY api, tenant "
            "ORDER BY api, tenant"}});
  if (!prepared) return prepared.error();
  return reader;
}

Result<std::vector<Decision>> LogTableReader::decisions(SqliteStatement& statement) {
  std::vector<Decision> found;
  for (;;) {
    const Result<bool> row = statement.step();
    if (!row) return row.error();
    if (!*row) return found;
    found.push_back(read_decision(statement));
  }
}

Result<std::optional<Decision>> LogTableReader::decision(std::string_view decision_id) {
  const ResetLater reset(decision_);
  decision_.bind_text(1, decision_id);
  Result<std::vector<Decision>> found = decisions(decision_);
  if (!found) return found.error();
  if (found->empty()) return std::optional<Decision>();
  return std::optional(std::move(found->front()));
}

Result<std::vector<Decision>> LogTableReader::conversation(std::string_view conversation) {
  const ResetLater reset(conversation_);
  conversation_.bind_text(1, conversation);
  return decisions(conversation_);
}

Result<std::vector<Decision>> LogTableReader::recent(const LogFilter& filter) {
  const ResetLater reset(recent_);
  recent_.bind_text(1, filter.tenant).bind_text(2, filter.api);
  recent_.bind(3, filter.since_us).bind(4, filter.before_us);
  recent_.bind(5, static_cast<std::int64_t>(filter.limit));
  return decisions(recent_);
}

Result<std::vector<Reward>> LogTableReader::rewards(std::string_view subject) {
  const ResetLater reset(rewards_);
  rewards_.bind_text(1, subject);
  std::vector<Reward> found;
  for (;;) {
    const Result<bool> row = rewards_.step();
    if (!row) return row.error();
    if (!*row) return found;
    Reward reward;
    reward.event_id = rewards_.text_at(0);
    (rewards_.int_at(2) != 0 ? reward.conversation : reward.decision_id) = rewards_.text_at(1);
    reward.metric = rewards_.text_at(3);
    reward.source = rewards_.text_at(4);
    reward.value = rewards_.double_at(5);
    reward.weight = rewards_.double_at(6);
    reward.t_us = rewards_.int_at(7);
    reward.final = rewards_.int_at(8) != 0;
    found.push_back(std::move(reward));
  }
}

Result<std::vector<LogTotals>> LogTableReader::totals() {
  const ResetLater reset(totals_);
  std::vector<LogTotals> found;
  for (;;) {
    const Result<bool> row = totals_.step();
    if (!row) return row.error();
    if (!*row) return found;
    const auto sum = [&](int column) { return static_cast<std::uint64_t>(totals_.int_at(column)); };
    found.push_back({std::string(totals_.text_at(0)), std::string(totals_.text_at(1)), sum(2),
                     sum(3), sum(4), sum(5), sum(6)});
  }
}

}  // namespace pith
