#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>

#include "apps/options/config.h"
#include "apps/tools/input.h"
#include "apps/tools/tools.h"
#include "messages/log/log_query.h"

namespace pith {
namespace {

struct LogFlags {
  std::string state, tenant, api, before;
  std::size_t limit = 20;
  bool export_all = false, purge = false;
};

std::string log_path(const LogFlags& flags) {
  return (flags.state.empty() ? default_state_dir() : flags.state) + "/log.db";
}

/// "7d" or "12h" ago, or a UTC date "2026-01-31". Errors: kInvalidArgument.
Result<std::int64_t> parse_before(const std::string& text) {
  std::tm date{};
  if (text.size() == 10 && strptime(text.c_str(), "%Y-%m-%d", &date) != nullptr) {
    return static_cast<std::int64_t>(timegm(&date)) * 1'000'000;
  }
  char* end = nullptr;
  const double count = std::strtod(text.c_str(), &end);
  const std::int64_t unit_s = std::string_view(end) == "d"   ? 86'400
                              : std::string_view(end) == "h" ? 3'600
                                                             : 0;
  if (unit_s == 0 || !(count >= 0.0 && count < 1e6)) {
    return Error{ErrorCode::kInvalidArgument,
                 "--before takes a UTC date (2026-01-31) or an age (7d, 12h)"};
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count() -
         static_cast<std::int64_t>(count * static_cast<double>(unit_s) * 1e6);
}

std::string utc(std::int64_t t_us) {
  const std::time_t seconds = t_us / 1'000'000;
  std::tm date{};
  gmtime_r(&seconds, &date);
  char text[24];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &date);
  return text;
}

int run_purge(const LogFlags& flags) {
  LogPurge purge;
  purge.tenant = flags.tenant;
  if (!flags.before.empty()) {
    const auto before = parse_before(flags.before);
    if (!before) return tool_error(before.error());
    purge.before_us = *before;
  }
  const auto purged = purge_log(log_path(flags), purge);
  if (!purged) return tool_error(purged.error());
  std::printf("deleted %llu decisions and %llu rewards\n",
              static_cast<unsigned long long>(purged->decisions),
              static_cast<unsigned long long>(purged->rewards));
  return 0;
}

int run_log(const LogFlags& flags) {
  if (flags.purge) return run_purge(flags);
  auto query = LogQuery::open(log_path(flags));
  if (!query) return tool_error(query.error());
  LogFilter filter;
  filter.tenant = flags.tenant;
  filter.api = flags.api;
  filter.limit = flags.limit;
  if (!flags.before.empty()) {
    const auto before = parse_before(flags.before);
    if (!before) return tool_error(before.error());
    filter.before_us = *before;
  }
  if (flags.export_all) {
    const auto lines = query->export_json_lines(filter, [](std::string_view line) {
      std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
      return std::ferror(stdout) == 0;
    });
    return lines ? 0 : tool_error(lines.error());
  }
  const auto decisions = query->recent(filter);
  if (!decisions) return tool_error(decisions.error());
  std::printf("%-19s  %-36s  %-20s  %-24s  %7s  %7s\n", "UTC", "decision", "api", "status",
              "before", "after");
  for (const Decision& d : *decisions) {
    std::printf("%-19s  %-36s  %-20s  %-24s  %7u  %7u\n", utc(d.t_us).c_str(),
                d.decision_id.c_str(), d.api.c_str(), d.status.c_str(), d.tokens_before,
                d.tokens_after);
  }
  return 0;
}

}  // namespace

void add_log(CLI::App& parent, std::function<int()>& run) {
  auto flags = std::make_shared<LogFlags>();
  CLI::App* app = parent.add_subcommand("log", "Read, export or purge the decision log");
  app->add_option("--state", flags->state, "State directory; default: the XDG place")
      ->type_name("DIR");
  app->add_option("--limit", flags->limit, "Newest decisions to show; default 20")->type_name("N");
  app->add_option("--tenant", flags->tenant, "Only this tenant")->type_name("NAME");
  app->add_option("--api", flags->api, "Only this API: openai-chat, anthropic-messages, ...")
      ->type_name("API");
  app->add_option("--before", flags->before, "Only before a UTC date or age: 2026-01-31, 7d, 12h")
      ->type_name("WHEN");
  auto* all = app->add_flag("--export", flags->export_all,
                            "All decisions with their rewards, one JSON object a line");
  app->add_flag("--purge", flags->purge, "Delete what --tenant or --before name")->excludes(all);
  app->callback([&run, flags] { run = [flags] { return run_log(*flags); }; });
}

}  // namespace pith
