// Rows of tool output, and what the shipped pipeline makes of them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "messages/compress.h"
#include "messages/result.h"
#include "stages/score/policy_set.h"
#include "tests/literals/survival.h"

namespace pith::literals {

struct Row {
  std::string name;    ///< File and id.
  std::string source;  ///< "tau", "loghub", ...
  std::string text;
};

/// The files of a folder, sorted by name.
std::vector<Row> read_sample(const std::string& folder);

/// The rows that `list` names, from the *.jsonl.zst files of `data`. `list`: lines
/// "file source id id ..."; rows come in the order of the files.
Result<std::vector<Row>> read_listed(const std::string& list, const std::string& data);

/// The policy that ships as the default, or the one that PITH_LITERALS_POLICY names.
Result<std::shared_ptr<const PolicySet>> judged_policies();

struct Totals {
  Survival survival;  ///< Summed; `losses` is not.
  std::size_t rows = 0, rows_with_loss = 0;
  std::uint64_t origin_tokens = 0, kept_tokens = 0;
  std::uint64_t bytes = 0, literal_bytes = 0;  ///< All, and those inside a listed literal.
};

/// Called for every row with its result; rows may come in any order, calls one at a time.
using OnRow = std::function<void(const Row&, const SegmentReply&, const Survival&)>;

/// The path of `pith compress`, and of a tool result in the proxy: default options and one dial.
Result<Totals> compress_and_check(const PolicySet& policies, const std::vector<Row>& rows,
                                  const CompressOptions& options, const OnRow& on_row);

/// A line a class: listed, lost.
std::string table(const Totals& totals);

}  // namespace pith::literals
