// From a whole request body to the body that goes upstream: find texts, replay what was sent
// before, compress what is new, commit, splice. Fails open at every step.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "apps/broker/broker.h"
#include "apps/http/edge.h"
#include "apps/memo/memo.h"
#include "apps/options/config.h"
#include "apps/providers/provider.h"
#include "apps/proxy/request_options.h"
#include "apps/proxy/unwritten_raw.h"
#include "apps/proxy/work_queue.h"
#include "messages/decision.h"
#include "messages/log/log.h"
#include "stages/tokenize/token_counter.h"

namespace pith {

/// What became of one edited request: for metrics.
struct EditRecord {
  Api api = Api::kNone;
  Decision decision;
  std::uint32_t tokens_observed = 0;  ///< What `observe` mode would have saved.
  std::uint64_t compress_us = 0;      ///< Asked of a compressor until its answer; 0: not asked.
  // Of the texts that are long enough to be remembered:
  std::uint32_t texts_replayed = 0;    ///< Sent as they were sent before.
  std::uint32_t texts_compressed = 0;  ///< New, and sent shorter.
  std::uint32_t texts_raw = 0;         ///< New, and fixed as they came.
  std::uint64_t overhead_us = 0;       ///< From the whole body received to the body ready to go.
};

class RequestEditor {
 public:
  struct Parts {
    std::shared_ptr<const Config> config;
    std::string models_dir;
    HashKey key;
    Memo* memo = nullptr;
    Log* log = nullptr;
    Broker* broker = nullptr;
    std::function<void(const EditRecord&)> on_record;
  };
  explicit RequestEditor(Parts parts);
  /// Waits until every request that was begun has its answer; broker and memo must still run.
  ~RequestEditor();

  /// Returns at once; `done` is called exactly once from another thread.
  void edit(Api api, std::shared_ptr<EdgeRequest> request, std::function<void(EditedRequest)> done);
  /// The configuration that requests from now on see.
  void set_config(std::shared_ptr<const Config> config);
  std::shared_ptr<const Config> config() const;

 private:
  struct Job;
  struct Underway;
  using JobPtr = std::shared_ptr<Job>;

  /// Does `work` on the queue. Whatever it throws (no memory) lets the request through as it is.
  void post(JobPtr job, std::function<void()> work);
  void plan(const JobPtr& job);
  void plan_texts(const JobPtr& job, std::vector<std::optional<SentForm>> known);
  void compress(const JobPtr& job);
  void take_reply(const JobPtr& job, Result<CompressReply> reply);
  void commit(const JobPtr& job);
  void take_standing(const JobPtr& job, const std::vector<std::size_t>& fresh_plans,
                     Result<std::vector<SentForm>> stands);
  void deliver(const JobPtr& job);
  void forward_raw(const JobPtr& job, const std::string& reason);
  void finish(const JobPtr& job, EditedRequest edited);
  const TokenCounter* reader_for(const Config& config, std::string_view model) const;

  Parts parts_;
  std::shared_ptr<const TokenCounter> o200k_, cl100k_;
  mutable std::mutex config_mutex_;
  UnwrittenRaw unwritten_;
  std::shared_ptr<Underway> underway_;
  WorkQueue queue_;  // last: its threads use everything above
};

/// Token that lets whoever holds it give feedback on one decision: hex HMAC over (decision, tenant,
/// expiry) + expiry.
std::string feedback_token(const HashKey& key, std::string_view decision_id,
                           std::string_view tenant, std::int64_t expires_s);
bool feedback_token_valid(const HashKey& key, std::string_view token, std::string_view decision_id,
                          std::string_view tenant, std::int64_t now_s);

}  // namespace pith
