// A policy: what gives every word the probability that the compressed prompt keeps it.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/result.h"
#include "stages/network/precision.h"
#include "stages/network/stop_check.h"
#include "stages/tokenize/tokenized_prompt.h"

namespace pith {

/// When to stop: checked between pieces of work, never inside a kernel.
struct ScoreLimits {
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  const std::atomic<bool>* cancelled = nullptr;
};

/// Why to stop now, if there is a reason: kCancelled, kDeadlineExceeded.
std::optional<Error> stop_reason(const ScoreLimits& limits);

/// Of a batch and of one of its items, which must both outlive it.
StopCheck stop_check(const ScoreLimits& batch, const ScoreLimits& item);

/// One text of a batch, and where its answer goes.
struct ScoreItem {
  std::string_view text;  ///< The segment's original text.
  const TokenizedSegment* segment = nullptr;
  std::string_view query;        ///< May be empty.
  ScoreLimits limits = {};       ///< Of the text's own request.
  std::vector<float> keep_prob;  ///< Out: [num_words], each in [0, 1] and finite.
  /// Out: its own limits were over before it was done; keep_prob is empty. The others of the batch
  /// are not held up by it.
  bool stopped = false;
};

/// Thread-safe without locks: const after construction. Never throws, never logs.
class KeepPolicy {
 public:
  virtual ~KeepPolicy() = default;
  /// sha256 of the policy's file, 64 hex digits.
  virtual const std::string& id() const = 0;
  /// Short name for people: "ngram-en".
  virtual const std::string& name() const = 0;
  virtual const Tokenizer& tokenizer() const = 0;
  /// Whether ScoreItem::query can change what it says.
  virtual bool reads_queries() const { return false; }
  /// Fills keep_prob of every item; texts of several requests may stand in one batch. `limits` are
  /// the batch's; those of the items are looked at, too (ScoreItem::stopped).
  /// Equal (text, query) give equal answers whatever else is in the batch.
  /// Errors: kDeadlineExceeded, kCancelled; then nothing of the batch may be used.
  virtual Result<Done> score(std::span<ScoreItem> batch, const ScoreLimits& limits) const = 0;
};

class PolicySet;

/// What is not in a policy's files.
struct PolicyOptions {
  Precision precision = Precision::kFloat32;        ///< Of an encoder's products.
  std::size_t memo_bytes = std::size_t{64} << 20U;  ///< For scores of chunks seen before.
  /// What is open now: an encoder whose folder and precision are the same is taken from there, with
  /// its memo, instead of a second time into memory. May be null.
  const PolicySet* loaded = nullptr;
};

enum class PolicyKind { kEncoder, kLinear, kNgram };

/// What a path holds, whatever it is called: a folder is an encoder's. Looks at a file's first
/// bytes only. Errors: kFileUnreadable.
Result<PolicyKind> policy_kind(const std::string& path);

/// Opens a policy by its kind: an n-gram or a linear policy's file, or the Hugging Face folder of
/// an LLMLingua-2 encoder. Errors: kFileUnreadable with the file and the field that is wrong;
/// kInvalidArgument when the CPU lacks options.precision.
Result<std::shared_ptr<const KeepPolicy>> open_policy(const std::string& path,
                                                      const PolicyOptions& options = {});

}  // namespace pith
