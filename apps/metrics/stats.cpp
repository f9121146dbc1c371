// The JSON of /pith/v1/stats.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

#include "apps/metrics/metrics.h"
#include "apps/providers/json_string.h"

namespace pith {
namespace {

constexpr std::size_t kTenantsMax = 50;

struct Sums {
  double requests = 0, before = 0, after = 0, saved = 0, observed = 0;
  void add(const LogTotals& totals) {
    requests += static_cast<double>(totals.decisions);
    before += static_cast<double>(totals.tokens_before);
    after += static_cast<double>(totals.tokens_after);
    if (totals.tokens_before > totals.tokens_after) {
      saved += static_cast<double>(totals.tokens_before - totals.tokens_after);
    }
  }
  void add(const Sums& other) {
    requests += other.requests;
    before += other.before;
    after += other.after;
    saved += other.saved;
    observed += other.observed;
  }
};

/// Names are valid UTF-8: the log lets nothing else in.
void put_string(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

/// Six digits after the point at most; counts stay whole up to 2^53.
void put_number(std::string& out, double value) {
  std::array<char, 400> digits{};  // the longest double, written out
  const double rounded = std::round(value * 1e6) / 1e6;
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(),
                    std::abs(value) < 1e9 ? rounded : std::round(value), std::chars_format::fixed);
  out.append(digits.data(), end.ptr);
}

/// Objects with their commas.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  std::string& key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    put_string(out_, name);
    out_ += ':';
    return out_;
  }
  void number(std::string_view name, double value) { put_number(key(name), value); }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

void put_sums(JsonObject& object, const Sums& sums) {
  object.number("requests", sums.requests);
  object.number("tokens_before", sums.before);
  object.number("tokens_after", sums.after);
  object.number("tokens_saved", sums.saved);
  object.number("saved_share", sums.before > 0 ? sums.saved / sums.before : 0);
}

void put_named_sums(JsonObject& parent, std::string_view name,
                    const std::vector<std::pair<std::string, Sums>>& named) {
  JsonObject object(parent.key(name));
  for (const auto& [key, sums] : named) {
    JsonObject one(object.key(key));
    put_sums(one, sums);
    one.end();
  }
  object.end();
}

std::vector<std::pair<std::string, Sums>> in_order(const std::map<std::string, Sums>& named) {
  return {named.begin(), named.end()};
}

}  // namespace

std::string Metrics::stats_json(const std::vector<LogTotals>& all_time) const {
  std::string out;
  JsonObject top(out);
  put_string(top.key("version"), PITH_VERSION);
  top.number("uptime_seconds",
             std::chrono::duration<double>(std::chrono::system_clock::now() - started_).count());

  Sums total;
  std::map<std::string, Sums> by_api;
  std::map<std::string, double> by_status;
  for (std::size_t i = 0; i < kApis; ++i) {
    Sums sums;
    for (const auto& [status, count] : apis_[i].requests->counts()) {
      sums.requests += count;
      by_status[status] += count;
    }
    sums.before = apis_[i].before->Value();
    sums.after = apis_[i].after->Value();
    sums.saved = apis_[i].saved->Value();
    sums.observed = apis_[i].observed->Value();
    total.add(sums);
    if (sums.requests > 0) by_api[std::string(to_string(static_cast<Api>(i)))] = sums;
  }
  JsonObject since_start(top.key("since_start"));
  put_sums(since_start, total);
  since_start.number("tokens_observed_saved", total.observed);
  put_named_sums(since_start, "by_api", in_order(by_api));
  JsonObject statuses(since_start.key("by_status"));
  for (const auto& [status, count] : by_status) statuses.number(status, count);
  statuses.end();
  since_start.end();

  Sums ever;
  std::map<std::string, Sums> ever_by_api, ever_by_tenant;
  for (const LogTotals& totals : all_time) {
    ever.add(totals);
    ever_by_api[totals.api].add(totals);
    ever_by_tenant[totals.tenant].add(totals);
  }
  auto tenants = in_order(ever_by_tenant);
  std::stable_sort(tenants.begin(), tenants.end(),
                   [](const auto& a, const auto& b) { return a.second.saved > b.second.saved; });
  tenants.resize(std::min(tenants.size(), kTenantsMax));
  JsonObject all(top.key("all_time"));
  put_sums(all, ever);
  put_named_sums(all, "by_api", in_order(ever_by_api));
  put_named_sums(all, "by_tenant", tenants);
  all.end();
  top.end();
  return out;
}

}  // namespace pith
