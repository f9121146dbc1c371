// The proxy's rules at the edge: which upstream, which bodies are read, how errors look.
#pragma once

#include <memory>
#include <vector>

#include "apps/http/edge.h"
#include "apps/metrics/metrics.h"
#include "apps/options/config.h"
#include "apps/proxy/local_api.h"
#include "apps/proxy/request_editor.h"

namespace pith {

/// One per listener. The main one relays and, unless admin.listen is set, answers Pith's own paths;
/// the admin one answers only these.
class PithHandler final : public EdgeHandler {
 public:
  enum class Listener : std::uint8_t { kMain, kMainWithoutLocal, kAdmin };
  PithHandler(Listener listener, RequestEditor& editor, LocalApi& local, Broker& broker,
              Metrics& metrics);

  Route route(const RequestHead& head) override;
  void edit(std::shared_ptr<EdgeRequest> request, std::function<void(EditedRequest)> done) override;
  void local(std::shared_ptr<EdgeRequest> request,
             std::function<void(LocalResponse)> done) override;
  void client_gone(const std::shared_ptr<EdgeRequest>& request) override;
  LocalResponse error(unsigned status, std::string_view message, const RequestHead* head) override;
  void finished(const RequestHead& head, const std::shared_ptr<EdgeRequest>& request,
                const EdgeOutcome& outcome) override;

 private:
  Listener listener_;
  RequestEditor& editor_;
  LocalApi& local_;
  Broker& broker_;
  Metrics& metrics_;
};

/// The upstreams of the configuration as the edge knows them, in the same order.
std::vector<Upstream> edge_upstreams(const Config& config);

}  // namespace pith
