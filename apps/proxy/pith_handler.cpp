#include "apps/proxy/pith_handler.h"

#include <algorithm>

namespace pith {
namespace {

constexpr std::size_t kNoUpstream = static_cast<std::size_t>(-1);

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

/// Picks the upstream by path prefix and takes the prefix off the target.
std::size_t pick_upstream(const Config& config, std::string_view& target) {
  std::size_t fallback = kNoUpstream;
  for (std::size_t i = 0; i < config.upstreams.size(); ++i) {
    const std::string& name = config.upstreams[i].name;
    if (name.empty()) {
      if (fallback == kNoUpstream) fallback = i;
      continue;
    }
    const bool prefixed =
        target.size() > name.size() && target[0] == '/' && target.substr(1, name.size()) == name;
    if (!prefixed) continue;
    const std::string_view rest = target.substr(1 + name.size());
    if (rest.empty() || rest[0] == '/' || rest[0] == '?') {
      target = rest;
      return i;
    }
  }
  return fallback;
}

/// An upstream given as .../v1 serves clients whose base URL has no /v1 too.
std::string upstream_target(const UpstreamConfig& upstream, std::string_view target) {
  std::string result;
  const bool versioned = target.substr(0, 5) == "/api/" ||
                         (target.size() > 2 && target.substr(0, 2) == "/v" && target[2] >= '0' &&
                          target[2] <= '9');  // not /vector_stores
  if (upstream.url_had_v1 && !versioned) result = "/v1";
  result += target.empty() || target[0] != '/' ? "/" : "";
  result += target;
  return result;
}

/// Why a body of an API we know must not be edited; null when it may be.
const char* uneditable_headers(const RequestHead& head) {
  const std::string_view encoding = find_header(head.headers, "content-encoding");
  if (!encoding.empty() && encoding != "identity") return "bypass:content_encoding";
  for (const char* digest :
       {"content-md5", "digest", "content-digest", "x-amz-content-sha256", "repr-digest"}) {
    if (!find_header(head.headers, digest).empty()) return "bypass:signed_body";
  }
  return nullptr;
}

/// Asked again in edit() and finished(): the edge carries no types of ours, and this costs well
/// below a microsecond.
Api api_of(const RequestHead& head) {
  return detect_api(head.method, head.target, find_header(head.headers, "content-type"));
}

bool counts_tokens(Api api) {
  return api == Api::kAnthropicCountTokens || api == Api::kGeminiCountTokens;
}

}  // namespace

PithHandler::PithHandler(Listener listener, RequestEditor& editor, LocalApi& local, Broker& broker,
                         Metrics& metrics)
    : listener_(listener), editor_(editor), local_(local), broker_(broker), metrics_(metrics) {}

Route PithHandler::route(const RequestHead& head) {
  const auto config = editor_.config();
  Route route;
  route.body_bytes_max = config->body_bytes_max;
  if (listener_ == Listener::kAdmin ||
      (listener_ == Listener::kMain && LocalApi::is_local(head.method, path_of(head.target)))) {
    route.action = Route::Action::kLocal;
    return route;
  }
  std::string_view target = head.target;
  route.upstream = pick_upstream(*config, target);
  if (route.upstream == kNoUpstream) {
    route.action = Route::Action::kLocal;  // answered with 404 by local()
    return route;
  }
  route.upstream_target = upstream_target(config->upstreams[route.upstream], target);
  const Api api = api_of(head);
  if (api == Api::kNone) return route;
  if (const char* status = uneditable_headers(head); status != nullptr) {
    route.response_headers.emplace_back("x-pith-status", status);
    return route;
  }
  if (config->mode == Mode::kOff || (counts_tokens(api) && config->count_tokens_original)) {
    route.response_headers.emplace_back("x-pith-status", "off");
    return route;
  }
  route.action = Route::Action::kEdit;
  return route;
}

void PithHandler::edit(std::shared_ptr<EdgeRequest> request,
                       std::function<void(EditedRequest)> done) {
  const Api api = api_of(request->head);
  editor_.edit(api, std::move(request), std::move(done));
}

void PithHandler::local(std::shared_ptr<EdgeRequest> request,
                        std::function<void(LocalResponse)> done) {
  if (request->route.upstream == kNoUpstream) {
    std::string names;
    for (const UpstreamConfig& upstream : editor_.config()->upstreams)
      names += " /" + upstream.name + "/";
    return done(error(404, "no upstream answers this path; the configured prefixes are" + names,
                      &request->head));
  }
  local_.handle(std::move(request), std::move(done));
}

void PithHandler::client_gone(const std::shared_ptr<EdgeRequest>&) { broker_.poke(); }

LocalResponse PithHandler::error(unsigned status, std::string_view message,
                                 const RequestHead* head) {
  const ErrorFamily family = head == nullptr ? ErrorFamily::kOpenAi : error_family(head->target);
  LocalResponse response = json_response(status, error_body(family, status, message));
  if (status == 503) response.headers.emplace_back("retry-after", "1");
  response.headers.emplace_back("x-pith-status", "error");
  metrics_.error("http_" + std::to_string(status)).Increment();
  return response;
}

void PithHandler::finished(const RequestHead& head, const std::shared_ptr<EdgeRequest>& request,
                           const EdgeOutcome& outcome) {
  metrics_.count_response(outcome.status);
  if (outcome.client_gone) metrics_.client_gone.Increment();
  if (outcome.upstream_broke) metrics_.error("upstream_broke").Increment();
  if (outcome.status != 0 &&
      (request == nullptr || request->route.action != Route::Action::kLocal)) {
    metrics_.upstream_ttfb_seconds.Observe(static_cast<double>(outcome.to_first_byte.count()) /
                                           1e6);
  }
  // Edited requests are counted by the editor, with their tokens.
  if (request == nullptr) metrics_.count({.api = api_of(head), .status = "relay"});
}

std::vector<Upstream> edge_upstreams(const Config& config) {
  std::vector<Upstream> upstreams;
  for (const UpstreamConfig& from : config.upstreams) {
    upstreams.push_back({from.name, from.tls, from.host, from.port, from.path_prefix});
  }
  return upstreams;
}

}  // namespace pith
