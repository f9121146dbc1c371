#include "apps/metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "apps/metrics/process_usage.h"

namespace pith {
namespace {

using testing::HasSubstr;
using testing::Not;

RequestCount sample_request() {
  RequestCount request;
  request.api = Api::kOpenAiChat;
  request.status = "compressed";
  request.tokens_before = 1000;
  request.tokens_after = 400;
  request.overhead = std::chrono::microseconds(1500);
  return request;
}

TEST(Metrics, RequestShowsInEveryCounterOfItsApi) {
  Metrics metrics;
  metrics.count(sample_request());
  metrics.count(sample_request());
  const std::string text = metrics.metrics_text();
  EXPECT_THAT(text,
              HasSubstr("pith_requests_total{api=\"openai-chat\",status=\"compressed\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("pith_tokens_before_total{api=\"openai-chat\"} 2000\n"));
  EXPECT_THAT(text, HasSubstr("pith_tokens_after_total{api=\"openai-chat\"} 800\n"));
  EXPECT_THAT(text, HasSubstr("pith_tokens_saved_total{api=\"openai-chat\"} 1200\n"));
  EXPECT_THAT(text, HasSubstr("pith_tokens_saved_total{api=\"anthropic-messages\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("pith_overhead_seconds_bucket{le=\"0.001\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("pith_overhead_seconds_bucket{le=\"0.002\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("pith_overhead_seconds_sum 0.003\n"));
}

TEST(Metrics, MadeUpStatusesDoNotMakeMetricsWithoutEnd) {
  Metrics metrics;
  RequestCount request = sample_request();
  for (int i = 0; i < 1000; ++i) {
    const std::string status = "made up " + std::to_string(i);
    request.status = status;
    metrics.count(request);
    metrics.error("kind " + std::to_string(i)).Increment();
  }
  const std::string text = metrics.metrics_text();
  EXPECT_THAT(text, HasSubstr("pith_requests_total{api=\"openai-chat\",status=\"other\"} 968\n"));
  EXPECT_THAT(text, HasSubstr("pith_errors_total{kind=\"other\"} 952\n"));
  EXPECT_THAT(text, Not(HasSubstr("made up 40")));
}

TEST(Metrics, NamedCountersAndHistogramsAreTheirs) {
  Metrics metrics;
  metrics.memo_hits.Increment(3);
  metrics.memo_new.Increment(2);
  metrics.memo_raw.Increment();
  metrics.client_gone.Increment();
  metrics.feedback("duplicate").Increment();
  metrics.error(to_string(ErrorCode::kDeadlineExceeded)).Increment();
  metrics.compress_seconds.Observe(0.004);
  metrics.upstream_ttfb_seconds.Observe(0.3);
  for (const unsigned status : {0U, 200U, 204U, 404U, 503U, 999U}) metrics.count_response(status);
  const std::string text = metrics.metrics_text();
  for (const char* line :
       {"pith_memo_texts_total{result=\"hit\"} 3\n", "pith_memo_texts_total{result=\"new\"} 2\n",
        "pith_memo_texts_total{result=\"raw\"} 1\n", "pith_client_gone_total 1\n",
        "pith_feedback_total{result=\"duplicate\"} 1\n",
        "pith_errors_total{kind=\"deadline_exceeded\"} 1\n", "pith_compress_seconds_count 1\n",
        "pith_upstream_first_byte_seconds_bucket{le=\"0.5\"} 1\n",
        "pith_responses_total{class=\"2xx\"} 2\n", "pith_responses_total{class=\"4xx\"} 1\n",
        "pith_responses_total{class=\"5xx\"} 1\n", "pith_responses_total{class=\"none\"} 2\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, SourcesAreReadAtEachScrapeUntilCleared) {
  Metrics metrics;
  int connections = 5;
  metrics.sources().add("pith_open_connections", "Open.", SampledMetrics::Type::kGauge,
                        [&] { return connections; });
  metrics.sources().add_labelled("pith_compressor_credit", "Credit.", SampledMetrics::Type::kGauge,
                                 "instance", [] {
                                   SampledMetrics::Samples samples;
                                   for (int i = 0; i < 100; ++i) {
                                     samples.emplace_back("i" + std::to_string(i), i);
                                   }
                                   return samples;
                                 });
  EXPECT_THAT(metrics.metrics_text(),
              HasSubstr("# TYPE pith_open_connections gauge\npith_open_connections 5\n"));
  connections = 6;
  const std::string text = metrics.metrics_text();
  EXPECT_THAT(text, HasSubstr("pith_open_connections 6\n"));
  EXPECT_THAT(text, HasSubstr("pith_compressor_credit{instance=\"i63\"} 63\n"));
  EXPECT_THAT(text, Not(HasSubstr("i64")));
  metrics.clear_sources();
  EXPECT_THAT(metrics.metrics_text(), Not(HasSubstr("pith_open_connections")));
}

// Goal: a scraper can read it. Method: the grammar of the text format, and no family or series
// twice.
TEST(Metrics, TextFollowsThePrometheusFormat) {
  Metrics metrics;
  metrics.count(sample_request());
  metrics.error("odd \"kind\"\\\n").Increment();
  const std::regex sample(
      R"re([a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-z_]+="([^"\\]|\\.)*",?)*\})? (-?[0-9.e+-]+|\+Inf|NaN))re");
  std::set<std::string> families, series;
  std::istringstream lines(metrics.metrics_text());
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("# TYPE ", 0) == 0) {
      const std::string name = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(families.insert(name).second) << name << " twice";
    } else if (line.rfind("# HELP ", 0) != 0) {
      EXPECT_TRUE(std::regex_match(line, sample)) << line;
      EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << line;
    }
  }
  EXPECT_GE(families.size(), 15U);
}

TEST(Metrics, CountingFromManyThreadsLosesNothing) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) metrics.count(sample_request());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(metrics.metrics_text(),
              HasSubstr("pith_requests_total{api=\"openai-chat\",status=\"compressed\"} 8000\n"));
}

TEST(ProcessUsage, SeesThisProcess) {
  const ProcessUsage before = process_usage();
  EXPECT_GT(before.resident_bytes, 1U << 20);
  EXPECT_GT(before.virtual_bytes, before.resident_bytes);
  EXPECT_GE(before.open_files, 3U);
  EXPECT_EQ(before.threads, 1U);
  const std::ifstream one_more("/proc/self/stat");
  EXPECT_EQ(process_usage().open_files, before.open_files + 1);
  while (process_usage().cpu_seconds <= before.cpu_seconds) {
  }
}

}  // namespace
}  // namespace pith
