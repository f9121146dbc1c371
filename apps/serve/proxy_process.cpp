#include "apps/serve/proxy_process.h"

#include <atomic>
#include <cstdlib>
#include <zmq.hpp>

#include "apps/compressd/compressor_server.h"
#include "apps/demo/demo_upstream.h"
#include "apps/memo/state_dir.h"
#include "apps/options/policies.h"
#include "apps/proxy/pith_handler.h"
#include "apps/serve/event_log.h"
#include "apps/serve/reloaded_config.h"

namespace pith {
namespace {

constexpr const char* kInProcess = "inproc://compress";

std::string environment(const char* upper, const char* lower) {
  if (const char* value = std::getenv(lower); value != nullptr) return value;
  if (const char* value = std::getenv(upper); value != nullptr) return value;
  return {};
}

EdgeOptions edge_options(const Config& config, const HostPort& listen) {
  EdgeOptions options;
  options.host = listen.host == "localhost" ? "127.0.0.1" : listen.host;
  options.port = listen.port;
  options.threads = config.http_threads;
  options.upstreams = edge_upstreams(config);
  options.ca_file = config.ca_file;
  options.https_proxy = environment("HTTPS_PROXY", "https_proxy");
  options.http_proxy =
      environment("http_proxy", "http_proxy");  // upper case can come from a CGI header
  options.no_proxy = environment("NO_PROXY", "no_proxy");
  options.connections_max = config.connections_max;
  options.requests_max = config.requests_max;
  options.connect_timeout = std::chrono::milliseconds(config.connect_timeout_ms);
  options.response_timeout = std::chrono::milliseconds(config.response_timeout_ms);
  options.idle_timeout = std::chrono::milliseconds(config.idle_timeout_ms);
  options.drain_timeout = std::chrono::milliseconds(config.drain_timeout_ms);
  return options;
}

std::string url_of(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

void log_request(const EditRecord& record) {
  const Decision& decision = record.decision;
  log_event(Level::kInfo, "request",
            {{"api", decision.api},
             {"status", decision.status},
             {"before", static_cast<double>(decision.tokens_before)},
             {"after", static_cast<double>(decision.tokens_after)},
             {"new", static_cast<double>(decision.num_new)},
             {"ms", static_cast<double>(record.overhead_us) / 1000.0},
             {"decision", decision.decision_id}});
}

}  // namespace

class ProxyProcess::Impl {
 public:
  Result<Done> start(Config config) {
    auto models_dir = find_models_dir();
    if (!models_dir) return models_dir.error();
    models_dir_ = *models_dir;
    auto state = open_state_dir(config.state_dir);
    if (!state) return state.error();
    state_.emplace(*std::move(state));
    auto key = HashKey::load_or_create(config.state_dir);
    if (!key) return key.error();
    if (config.upstreams.empty()) {
      auto demo = DemoUpstream::start();
      if (!demo) return demo.error();
      demo_ = *std::move(demo);
      auto upstream = parse_upstream(url_of("127.0.0.1", demo_->port()));
      if (!upstream) return upstream.error();
      config.upstreams.push_back(*std::move(upstream));
    }
    if (auto started = start_compressor(config); !started) return started;

    Memo::Options memo_options;
    memo_options.path = config.state_dir + "/memo.db";
    auto memo = Memo::open(memo_options);
    if (!memo) return memo.error();
    memo_ = *std::move(memo);
    auto log = open_sqlite_log(config.state_dir + "/log.db");
    if (!log) return log.error();
    log_ = *std::move(log);

    config_ = std::make_shared<const Config>(std::move(config));
    start_editor(*key);
    return start_edges();
  }

  void stop() {
    if (stopped_) return;
    stopped_ = true;
    draining_ = true;
    if (edge_) edge_->stop();
    if (admin_edge_) admin_edge_->stop();
    if (metrics_) metrics_->clear_sources();
    local_.reset();   // Asks the editor for the configuration.
    editor_.reset();  // Its last requests wait for broker and memo.
    broker_.reset();
    if (server_) server_->stop();
    server_.reset();
    if (log_) log_->flush();
    demo_.reset();
  }

  void reload(const Config& fresh) {
    auto merged = reloaded_config(*config_, fresh);
    if (!merged) {
      log_event(Level::kError, "reload failed; the old configuration stays",
                {{"reason", merged.error().detail}});
      return;
    }
    if (server_) {
      auto policies = load_policies(*merged, models_dir_, policies_.get());
      if (!policies) {
        log_event(Level::kError, "reload failed; the policies stay",
                  {{"reason", policies.error().detail}});
        return;
      }
      policies_ = *policies;
      server_->swap_policies(policies_);
    }
    config_ = std::make_shared<const Config>(*std::move(merged));
    editor_->set_config(config_);
    log_event(Level::kInfo, "configuration reloaded", {{"file", config_->file}});
  }

  bool responsive() const { return !server_ || server_->responsive(); }

  ~Impl() { stop(); }

  std::string url_;
  std::unique_ptr<DemoUpstream> demo_;

 private:
  Result<Done> start_compressor(const Config& config) {
    BrokerOptions options;
    options.endpoints = config.compressors;
    if (config.compressors.empty()) {
      auto policies = load_policies(config, models_dir_);
      if (!policies) return policies.error();
      CompressorServerOptions server;
      server.endpoints = {kInProcess};
      server.models_dir = models_dir_;
      server.limits.workers = config.workers;
      server.ndjson = config.daemon_ndjson;
      auto started = CompressorServer::start(context_, *policies, server);
      if (!started) return started.error();
      server_ = *std::move(started);
      policies_ = *std::move(policies);
      options.endpoints = {kInProcess};
    }
    auto broker = Broker::start(context_, options);
    if (!broker) return broker.error();
    broker_ = *std::move(broker);
    return Done{};
  }

  void start_editor(const HashKey& key) {
    metrics_ = std::make_unique<Metrics>();
    RequestEditor::Parts parts{config_,
                               models_dir_,
                               key,
                               memo_.get(),
                               log_.get(),
                               broker_.get(),
                               [this](const EditRecord& record) {
                                 count_request(record);
                                 log_request(record);
                               }};
    editor_ = std::make_unique<RequestEditor>(std::move(parts));
    LocalApi::Parts local{models_dir_,
                          key,
                          log_.get(),
                          broker_.get(),
                          metrics_.get(),
                          [this] { return editor_->config(); },
                          [this] { return draining_.load(); }};
    local_ = std::make_unique<LocalApi>(std::move(local));
  }

  Result<Done> start_edges() {
    const bool moved = !config_->admin_listen.empty();
    handler_ = std::make_unique<PithHandler>(
        moved ? PithHandler::Listener::kMainWithoutLocal : PithHandler::Listener::kMain, *editor_,
        *local_, *broker_, *metrics_);
    auto edge = Edge::start(edge_options(*config_, config_->listen), *handler_);
    if (!edge) return edge.error();
    edge_ = *std::move(edge);
    url_ = url_of(config_->listen.host, edge_->port());
    if (moved) {
      const auto listen = parse_listen(config_->admin_listen);
      if (!listen) return listen.error();
      admin_handler_ = std::make_unique<PithHandler>(PithHandler::Listener::kAdmin, *editor_,
                                                     *local_, *broker_, *metrics_);
      auto admin = Edge::start(edge_options(*config_, *listen), *admin_handler_);
      if (!admin) return admin.error();
      admin_edge_ = *std::move(admin);
      log_event(Level::kInfo, "admin endpoints",
                {{"url", url_of(listen->host, admin_edge_->port())}});
    }
    watch_gauges();
    return Done{};
  }

  void count_request(const EditRecord& record);
  void watch_gauges();

  std::string models_dir_;
  std::optional<StateDir> state_;
  std::shared_ptr<const Config> config_;
  zmq::context_t context_;
  std::unique_ptr<CompressorServer> server_;
  std::shared_ptr<const PolicySet> policies_;  ///< Of server_.
  std::unique_ptr<Broker> broker_;
  std::unique_ptr<Memo> memo_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<RequestEditor> editor_;
  std::unique_ptr<LocalApi> local_;
  std::unique_ptr<PithHandler> handler_, admin_handler_;
  std::unique_ptr<Edge> edge_, admin_edge_;
  std::atomic<bool> draining_{false};
  bool stopped_ = false;
};

void ProxyProcess::Impl::count_request(const EditRecord& record) {
  const Decision& decision = record.decision;
  metrics_->count({.api = record.api,
                   .status = decision.status,
                   .tokens_before = decision.tokens_before,
                   .tokens_after = decision.tokens_after,
                   .tokens_observed = record.tokens_observed,
                   .overhead = std::chrono::microseconds(record.overhead_us)});
  metrics_->memo_hits.Increment(record.texts_replayed);
  metrics_->memo_new.Increment(record.texts_compressed);
  metrics_->memo_raw.Increment(record.texts_raw);
  if (record.compress_us != 0)
    metrics_->compress_seconds.Observe(static_cast<double>(record.compress_us) / 1e6);
}

/// Values that only their owners know, read when /metrics is scraped.
void ProxyProcess::Impl::watch_gauges() {
  using Type = SampledMetrics::Type;
  SampledMetrics& sources = metrics_->sources();
  const auto add = [&](const char* name, const char* help, Type type, auto read) {
    sources.add(name, help, type, [read] { return static_cast<double>(read()); });
  };
  add("pith_open_connections", "Client connections open now.", Type::kGauge,
      [this] { return edge_->counters().open_connections.load(); });
  add("pith_requests_in_flight", "Requests being served now.", Type::kGauge,
      [this] { return edge_->counters().in_flight.load(); });
  add("pith_upstream_connects_total", "Connections opened to upstreams.", Type::kCounter,
      [this] { return edge_->counters().upstream_connects.load(); });
  add("pith_upstream_reused_total", "Requests sent over a pooled upstream connection.",
      Type::kCounter, [this] { return edge_->counters().upstream_reused.load(); });
  add("pith_bad_requests_total", "Requests refused as malformed.", Type::kCounter,
      [this] { return edge_->counters().bad_requests.load(); });
  add("pith_memo_rows", "Texts whose first form is remembered.", Type::kGauge,
      [this] { return memo_->rows(); });
  add("pith_compressors_alive", "Compressors that answer heartbeats.", Type::kGauge, [this] {
    int alive = 0;
    for (const CompressorHealth& health : broker_->health()) alive += health.alive ? 1 : 0;
    return alive;
  });
  add("pith_broker_requeued_total", "Requests of a dead compressor given to another.",
      Type::kCounter, [this] { return broker_->counters().requeued.load(); });
  add("pith_broker_deaths_total", "Compressors that missed three heartbeats.", Type::kCounter,
      [this] { return broker_->counters().deaths.load(); });
  metrics_->add_log(*log_);
}

ProxyProcess::ProxyProcess(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ProxyProcess::~ProxyProcess() = default;
const std::string& ProxyProcess::url() const { return impl_->url_; }
bool ProxyProcess::demonstration() const { return impl_->demo_ != nullptr; }
bool ProxyProcess::responsive() const { return impl_->responsive(); }
void ProxyProcess::reload(const Config& config) { impl_->reload(config); }
void ProxyProcess::stop() { impl_->stop(); }

Result<std::unique_ptr<ProxyProcess>> ProxyProcess::start(Config config) {
  auto impl = std::make_unique<Impl>();
  if (auto started = impl->start(std::move(config)); !started) return started.error();
  return std::unique_ptr<ProxyProcess>(new ProxyProcess(std::move(impl)));
}

}  // namespace pith
