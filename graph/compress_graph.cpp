#include "graph/compress_graph.h"

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <thread>

#include "graph/admission.h"
#include "graph/prompt_work.h"
#include "graph/score_queue.h"

namespace pith {
namespace {

namespace flow = tbb::flow;

/// A stage as a node. Port 0: its output. Port 1: a prompt that ends here.
template <class In, class Out>
using StageNode = flow::multifunction_node<In, std::tuple<Out, Edge<FinishedWork>>>;

/// Says that the score queue has got one more prompt; it may be taken by the batch of another
/// ticket.
struct ScoreTicket {};

template <class Ports>
void fail(Ports& ports, Edge<AdmittedPrompt> admitted, Error error) {
  std::get<1>(ports).try_put(std::make_shared<const FinishedWork>(
      FinishedWork{std::move(admitted), Result<CompressReply>(std::move(error))}));
}

/// One exception that leaves a body would cancel every prompt in the graph; stages do not throw,
/// but memory runs out.
template <class Work>
std::optional<Error> guarded(Work work) {
  try {
    work();
    return std::nullopt;
  } catch (const std::exception& caught) {
    return Error{ErrorCode::kInternal, std::string("a stage failed: ") + caught.what()};
  } catch (...) {
    return Error{ErrorCode::kInternal, "a stage failed"};
  }
}

/// TBB has no more threads than the machine, whatever is asked for.
std::uint32_t worker_count(std::uint32_t wanted) {
  const auto cores = static_cast<std::uint32_t>(std::max(1, tbb::info::default_concurrency()));
  return wanted != 0 ? std::min(wanted, cores) : cores;
}

std::uint64_t text_bytes(const CompressRequest& request) {
  std::uint64_t bytes = 0;
  for (const Segment& segment : request.segments)
    bytes += segment.text.size() + segment.query.size();
  return bytes;
}

}  // namespace

class CompressGraph::Impl {
 public:
  Impl(std::shared_ptr<const PolicySet> policies, std::string models_dir,
       const CompressLimits& limits, OnReply on_reply);
  ~Impl();

  bool try_put(CompressJob job);
  void drain();

  std::atomic<std::shared_ptr<const PolicySet>> policies_;
  CompressCounters counters_;

 private:
  using TokenizeNode = StageNode<Edge<AdmittedPrompt>, ScoreTicket>;
  using ScoreNode = StageNode<ScoreTicket, Edge<ScoredWork>>;
  using SelectNode = flow::function_node<Edge<ScoredWork>, Edge<FinishedWork>>;
  using FinishNode = flow::function_node<Edge<FinishedWork>>;

  /// The whole shape, in the order a prompt meets it. Failures leave by the same door, so every
  /// admitted prompt gets exactly one reply. Declared after its graph and destroyed before it:
  /// nodes must not outlive it.
  struct Nodes {
    flow::graph graph;
    TokenizeNode tokenize;
    ScoreNode score;
    SelectNode select;
    FinishNode finish;
    Nodes(Impl& impl, std::size_t workers);
  };

  void tokenize(const Edge<AdmittedPrompt>& admitted, TokenizeNode::output_ports_type& ports);
  void score(ScoreNode::output_ports_type& ports);
  Edge<FinishedWork> select(const Edge<ScoredWork>& scored);
  void finish(const FinishedWork& finished);

  const TokenizeStage tokenize_stage_;
  const OnReply on_reply_;
  Admission admission_;
  ScoreQueue score_queue_;
  std::atomic<std::uint64_t> unreplied_{0};
  tbb::task_arena arena_;
  std::unique_ptr<Nodes> nodes_;
  std::thread waiter_;
};

// Without priorities TBB goes depth first: with few workers each prompt would be scored before the
// next is tokenized, batches would hold one prompt, and shadow prompts would not wait for live
// ones. So: finish what is scored, then tokenize what came, then score.
CompressGraph::Impl::Nodes::Nodes(Impl& impl, std::size_t workers)
    : tokenize(
          graph, flow::unlimited,
          [&impl](const Edge<AdmittedPrompt>& in, auto& ports) { impl.tokenize(in, ports); },
          flow::node_priority_t{1}),
      score(graph, workers, [&impl](ScoreTicket, auto& ports) { impl.score(ports); }),
      select(
          graph, flow::unlimited, [&impl](const Edge<ScoredWork>& in) { return impl.select(in); },
          flow::node_priority_t{2}),
      finish(
          graph, flow::unlimited, [&impl](const Edge<FinishedWork>& in) { impl.finish(*in); },
          flow::node_priority_t{3}) {
  flow::make_edge(flow::output_port<0>(tokenize), score);
  flow::make_edge(flow::output_port<0>(score), select);
  flow::make_edge(select, finish);
  flow::make_edge(flow::output_port<1>(tokenize), finish);
  flow::make_edge(flow::output_port<1>(score), finish);
}

CompressGraph::Impl::Impl(std::shared_ptr<const PolicySet> policies, std::string models_dir,
                          const CompressLimits& limits, OnReply on_reply)
    : policies_(std::move(policies)),
      tokenize_stage_(std::move(models_dir)),
      on_reply_(std::move(on_reply)),
      admission_(counters_.in_flight, limits.in_flight_max, limits.bytes_in_flight_max),
      score_queue_(limits.batch_requests_max, limits.batch_tokens_max,
                   worker_count(limits.workers)),
      arena_(static_cast<int>(worker_count(limits.workers)), /*reserved_for_masters=*/1) {
  // The graph runs in the arena in which it is made.
  arena_.execute([&] { nodes_ = std::make_unique<Nodes>(*this, worker_count(limits.workers)); });
  // One thread waits inside, without CPU when idle: with one worker it is the one that works.
  nodes_->graph.reserve_wait();
  waiter_ = std::thread([this] { arena_.execute([this] { nodes_->graph.wait_for_all(); }); });
}

CompressGraph::Impl::~Impl() {
  drain();
  nodes_->graph.release_wait();
  waiter_.join();  // wait_for_all has returned: no task is left
  nodes_.reset();
}

bool CompressGraph::Impl::try_put(CompressJob job) {
  const std::uint64_t bytes = text_bytes(*job.request);
  if (!admission_.try_enter(job.request->priority, bytes)) {
    counters_.refused.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  auto policy = policies_.load()->find(job.request->policy);
  counters_.admitted.fetch_add(1, std::memory_order_relaxed);
  unreplied_.fetch_add(1);
  nodes_->tokenize.try_put(std::make_shared<const AdmittedPrompt>(
      AdmittedPrompt{std::move(job), std::move(policy), bytes, GraphClock::now()}));
  return true;
}

void CompressGraph::Impl::tokenize(const Edge<AdmittedPrompt>& admitted,
                                   TokenizeNode::output_ports_type& ports) {
  if (std::optional<Error> reason = stop_reason(*admitted))
    return fail(ports, admitted, std::move(*reason));
  Result<TokenizedWork> work = Error{ErrorCode::kInternal, {}};
  if (auto thrown = guarded([&] { work = tokenize_prompt(tokenize_stage_, admitted); }))
    work = std::move(*thrown);
  if (!work) return fail(ports, admitted, work.error());
  score_queue_.push(std::make_shared<const TokenizedWork>(std::move(*work)));
  std::get<0>(ports).try_put(ScoreTicket{});
}

void CompressGraph::Impl::score(ScoreNode::output_ports_type& ports) {
  ScoreBatch batch = score_queue_.pop();
  for (auto& [admitted, reason] : batch.stopped)
    fail(ports, std::move(admitted), std::move(reason));
  if (batch.prompts.empty()) return;
  std::vector<Result<ScoredWork>> results;
  if (auto thrown = guarded([&] { results = score_batch(batch.prompts); })) {
    results.assign(batch.prompts.size(), *thrown);
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i]) {
      std::get<0>(ports).try_put(std::make_shared<const ScoredWork>(std::move(*results[i])));
    } else {
      fail(ports, batch.prompts[i]->admitted, results[i].error());
    }
  }
}

Edge<FinishedWork> CompressGraph::Impl::select(const Edge<ScoredWork>& scored) {
  const Edge<AdmittedPrompt>& admitted = scored->tokenized->admitted;
  Result<CompressReply> reply = Error{ErrorCode::kInternal, {}};
  if (std::optional<Error> reason = stop_reason(*admitted)) {
    reply = std::move(*reason);
  } else if (auto thrown = guarded([&] { reply = select_prompt(*scored); })) {
    reply = std::move(*thrown);
  }
  return std::make_shared<const FinishedWork>(FinishedWork{admitted, std::move(reply)});
}

void CompressGraph::Impl::finish(const FinishedWork& finished) {
  const auto count = [](std::atomic<std::uint64_t>& counter) {
    counter.fetch_add(1, std::memory_order_relaxed);
  };
  if (finished.reply) {
    count(counters_.replied);
  } else if (finished.reply.error().code == ErrorCode::kDeadlineExceeded) {
    count(counters_.expired);
  } else if (finished.reply.error().code == ErrorCode::kCancelled) {
    count(counters_.cancelled);
  } else {
    count(counters_.failed);
  }
  admission_.leave(finished.admitted->text_bytes);
  on_reply_(finished.admitted->job.request->id, finished.reply);
  if (unreplied_.fetch_sub(1) == 1) unreplied_.notify_all();
}

void CompressGraph::Impl::drain() {
  for (std::uint64_t left = unreplied_.load(); left != 0; left = unreplied_.load())
    unreplied_.wait(left);
}

CompressGraph::CompressGraph(std::shared_ptr<const PolicySet> policies, std::string models_dir,
                             const CompressLimits& limits, OnReply on_reply)
    : impl_(std::make_unique<Impl>(std::move(policies), std::move(models_dir), limits,
                                   std::move(on_reply))) {}
CompressGraph::~CompressGraph() = default;
bool CompressGraph::try_put(CompressJob job) { return impl_->try_put(std::move(job)); }
void CompressGraph::swap_policies(std::shared_ptr<const PolicySet> policies) {
  impl_->policies_.store(std::move(policies));
}
std::shared_ptr<const PolicySet> CompressGraph::policies() const { return impl_->policies_.load(); }
void CompressGraph::drain() { impl_->drain(); }
const CompressCounters& CompressGraph::counters() const { return impl_->counters_; }

}  // namespace pith
