#include "tests/literals/compress_rows.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "apps/options/config.h"
#include "apps/options/policies.h"
#include "apps/train/jsonl_reader.h"
#include "graph/compress_graph.h"

namespace pith::literals {

std::vector<Row> read_sample(const std::string& folder) {
  std::vector<Row> rows;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    rows.push_back({entry.path().filename().string(), "sample",
                    std::string(std::istreambuf_iterator<char>(file), {})});
  }
  std::ranges::sort(rows, {}, &Row::name);
  return rows;
}

Result<std::vector<Row>> read_listed(const std::string& list, const std::string& data) {
  std::map<std::string, std::map<std::string, std::string>> sources;  // file: id: source
  std::ifstream lines(list);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    std::string file, source;
    words >> file >> source;
    for (std::string id; words >> id;) sources[file][id] = source;
  }
  std::vector<Row> rows;
  for (auto& [file, ids] : sources) {
    simdjson::dom::parser parser;
    const auto read = [&](std::string_view line) -> Result<Done> {
      simdjson::dom::element record;
      std::string_view id, text;
      if (parser.parse(line).get(record) != simdjson::SUCCESS ||
          record["id"].get(id) != simdjson::SUCCESS ||
          record["text"].get(text) != simdjson::SUCCESS) {
        return Error{ErrorCode::kInvalidArgument, "no record with id and text"};
      }
      const auto found = ids.find(std::string(id));
      if (found == ids.end()) return Done{};
      rows.push_back({file + ":" + found->first, found->second, std::string(text)});
      ids.erase(found);  // some ids name several records: the first is meant
      return Done{};
    };
    if (auto done = for_each_line(data + "/" + file + ".jsonl.zst", read); !done)
      return done.error();
  }
  return rows;
}

Result<std::shared_ptr<const PolicySet>> judged_policies() {
  Config config;
  if (const char* policy = std::getenv("PITH_LITERALS_POLICY")) config.champion = policy;
  return load_policies(config, PITH_MODELS);
}

Result<Totals> compress_and_check(const PolicySet& policies, const std::vector<Row>& rows,
                                  const CompressOptions& options, const OnRow& on_row) {
  Totals totals;
  for (const Row& row : rows) {
    CompressRequest request;
    request.options = options;
    request.segments.push_back({row.text, SegmentKind::kToolResult, {}});
    const Result<CompressReply> reply = compress_now(policies, PITH_MODELS, request);
    if (!reply) return reply.error();
    const SegmentReply& segment = reply->segments.front();
    const Survival survival = check_survival(row.text, segment);
    for (int i = 0; i < kNumLiteralClasses; ++i) {
      totals.survival.listed[i] += survival.listed[i];
      totals.survival.lost[i] += survival.lost[i];
    }
    totals.survival.folded += survival.folded;
    totals.bytes += row.text.size();
    totals.literal_bytes += survival.literal_bytes;
    ++totals.rows;
    totals.rows_with_loss += survival.losses.empty() ? 0 : 1;
    totals.origin_tokens += segment.origin_tokens;
    totals.kept_tokens += segment.compressed_tokens;
    on_row(row, segment, survival);
  }
  return totals;
}

std::string table(const Totals& totals) {
  std::string out;
  std::size_t listed = 0, lost = 0;
  const auto line = [&](std::string_view name, std::size_t of, std::size_t gone) {
    char buffer[80];
    std::snprintf(buffer, sizeof buffer, "  %-14.*s %8zu listed %6zu lost\n",
                  static_cast<int>(name.size()), name.data(), of, gone);
    out += buffer;
  };
  for (int i = 0; i < kNumLiteralClasses; ++i) {
    line(literal_class_name(static_cast<LiteralClass>(i)), totals.survival.listed[i],
         totals.survival.lost[i]);
    listed += totals.survival.listed[i];
    lost += totals.survival.lost[i];
  }
  line("all", listed, lost);
  const auto percent = [](std::uint64_t part, std::uint64_t whole) {
    return 100.0 * static_cast<double>(part) /
           static_cast<double>(std::max<std::uint64_t>(1, whole));
  };
  char buffer[240];
  std::snprintf(buffer, sizeof buffer,
                "  %zu rows, %zu with a loss; %zu literals on folded lines\n"
                "  kept %llu of %llu tokens, %.1f %%; literals are %.1f %% of the bytes\n",
                totals.rows, totals.rows_with_loss, totals.survival.folded,
                static_cast<unsigned long long>(totals.kept_tokens),
                static_cast<unsigned long long>(totals.origin_tokens),
                percent(totals.kept_tokens, totals.origin_tokens),
                percent(totals.literal_bytes, totals.bytes));
  return out + buffer;
}

}  // namespace pith::literals
