// Pith's own endpoints: compress, feedback, stats, metrics, health and the page at /pith/.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "apps/broker/broker.h"
#include "apps/http/edge.h"
#include "apps/memo/memo.h"
#include "apps/metrics/metrics.h"
#include "apps/options/config.h"
#include "apps/proxy/work_queue.h"
#include "messages/log/log.h"

namespace pith {

class LocalApi {
 public:
  using Answer = std::function<void(LocalResponse)>;
  struct Parts {
    std::string models_dir;
    HashKey key;
    Log* log = nullptr;
    Broker* broker = nullptr;
    Metrics* metrics = nullptr;
    std::function<std::shared_ptr<const Config>()> config;
    std::function<bool()> draining;
  };
  explicit LocalApi(Parts parts);

  /// True for a path that Pith answers itself (query ignored).
  static bool is_local(std::string_view method, std::string_view path);
  /// Returns at once; `answer` is called exactly once.
  void handle(std::shared_ptr<EdgeRequest> request, Answer answer);

 private:
  void serve(const EdgeRequest& request, const Answer& answer);
  void compress(const EdgeRequest& request, const Answer& answer);
  void compress_messages(const EdgeRequest& request, const Answer& answer);
  /// `only_by_token`: the caller is not the admin, so a valid token of the decision is needed.
  void feedback(const EdgeRequest& request, bool only_by_token, const Answer& answer);
  LocalResponse ready() const;

  Parts parts_;
  WorkQueue queue_;
};

/// JSON answer with a status.
LocalResponse json_response(unsigned status, std::string body);
/// {"error":{"message":...,"type":...}}
LocalResponse json_error(unsigned status, std::string_view message);
/// The page at /pith/: stats of this process, refreshed; no outside resources.
std::string_view stats_page();

}  // namespace pith
