/* Recording ops and replaying them, on the pretended CUDA: the same results with new inputs, what cannot be recorded, what
 * spoils a recording, and what is left behind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cuda/cuda.h"
#include "tests/cuda/pretend/pretend.h"

const SsgDeviceClass *ssg_device_plugin(uint32_t abi);

static const SsgDeviceClass *klass;
static void *state;

#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "%s:%d: %s\n%s\n", __FILE__, __LINE__, #condition, state ? klass->error(state) : "");            \
      exit(1);                                                                                                         \
    }                                                                                                                  \
  } while (0)

enum { SIDE = 6, CHANNELS = 4, N = SIDE * SIDE * CHANNELS };

static SsgArray array(SsgShape shape)
{
  SsgArray a = {.shape = shape, .dtype = SSG_F32};
  CHECK(klass->allocate(state, (size_t) ssg_shape_elements(&shape) * sizeof(float), &a.data) == SSG_OK);
  return a;
}

static void release(SsgArray *a)
{
  klass->release(state, a->data, (size_t) ssg_shape_elements(&a->shape) * sizeof(float));
}

static void fill(SsgArray *a, int seed)
{
  int64_t n = ssg_shape_elements(&a->shape);
  float *numbers = malloc((size_t) n * sizeof *numbers);
  for (int64_t i = 0; i < n; i++)
    numbers[i] = (float) ((i * 37 + seed * 11) % 19 - 9) / 8;
  CHECK(klass->upload(state, a->data, numbers, (size_t) n * sizeof *numbers) == SSG_OK);
  free(numbers);
}

/* A convolution, a product, an own kernel and a copy, with temporaries of their own: out = act(conv(x, w) m) */
static SsgStatus work(const SsgArray *x, const SsgArray *w, const SsgArray *m, SsgArray *out)
{
  SsgArray between = array(x->shape), product = array((SsgShape){3, {1, SIDE * SIDE, CHANNELS}});
  SsgOpCall conv = {.op = SSG_OP_CONV, .n_in = 2, .in = {*x, *w}, .out = between};
  conv.param.conv.stride = 1;
  conv.param.conv.pad_top = conv.param.conv.pad_bottom = conv.param.conv.pad_left = conv.param.conv.pad_right = 1;
  SsgOpCall matmul = {.op = SSG_OP_MATMUL, .n_in = 2, .in = {between, *m}, .out = product};
  matmul.in[0].shape = product.shape;
  matmul.param.matmul.alpha = 0.5f;
  matmul.param.matmul.act = true;
  SsgStatus status = klass->run(state, &conv);
  if (status == SSG_OK)
    status = klass->run(state, &matmul);
  if (status == SSG_OK)
    status = klass->copy(state, out->data, product.data, N * sizeof(float));
  release(&between);
  release(&product);
  return status;
}

int main(void)
{
  char reason[512] = "";
  float expected[N], got[N];
  void *graph = NULL;
  klass = ssg_device_plugin(SSG_DEVICE_ABI);
  CHECK(klass && klass->graph && klass->open(0, &state, reason, sizeof reason) == SSG_OK);
  SsgArray x = array((SsgShape){4, {1, SIDE, SIDE, CHANNELS}}), w = array((SsgShape){4, {CHANNELS, 3, 3, CHANNELS}});
  SsgArray m = array((SsgShape){3, {1, CHANNELS, CHANNELS}}), out = array(x.shape);
  int before = pretend_live_objects();
  fill(&w, 1);
  fill(&m, 2);
  fill(&x, 3);
  CHECK(work(&x, &w, &m, &out) == SSG_OK); /* plans are made */
  int with_plans = pretend_live_objects();
  CHECK(with_plans > before);

  /* Nothing runs while it is recorded. */
  fill(&out, 4);
  CHECK(klass->download(state, expected, out.data, sizeof expected) == SSG_OK);
  CHECK(klass->graph->begin(state) == SSG_OK);
  CHECK(work(&x, &w, &m, &out) == SSG_OK);
  CHECK(klass->graph->end(state, &graph) == SSG_OK && graph);
  CHECK(klass->download(state, got, out.data, sizeof got) == SSG_OK && memcmp(got, expected, sizeof got) == 0);

  /* Replays see new inputs, and nothing of what the one before left in the graph's memory. */
  for (int i = 0; i < 3; i++) {
    fill(&x, 10 + i);
    CHECK(work(&x, &w, &m, &out) == SSG_OK);
    CHECK(klass->download(state, expected, out.data, sizeof expected) == SSG_OK);
    fill(&out, 4);
    uint64_t launches = klass->launches(state);
    CHECK(klass->graph->launch(state, graph) == SSG_OK && klass->launches(state) == launches + 1);
    CHECK(klass->download(state, got, out.data, sizeof got) == SSG_OK && memcmp(got, expected, sizeof got) == 0);
  }

  /* What cannot be recorded says so, and the device goes on. */
  void *other = &other;
  CHECK(klass->graph->end(state, &other) == SSG_FAILED && !other);
  CHECK(klass->graph->begin(state) == SSG_OK && klass->graph->begin(state) == SSG_FAILED);
  CHECK(klass->upload(state, x.data, got, sizeof got) == SSG_UNSUPPORTED && strstr(klass->error(state), "cannot be recorded"));
  CHECK(klass->download(state, got, x.data, sizeof got) == SSG_UNSUPPORTED);
  CHECK(klass->synchronize(state) == SSG_UNSUPPORTED);
  CHECK(klass->graph->end(state, &other) == SSG_OK);
  klass->graph->release(state, other);

  /* Memory that is full, and a library that refuses, leave a recording as it was up to there; asking the stream spoils it. All is given
   * back. */
  pretend_fail_allocations(1, 1);
  CHECK(klass->graph->begin(state) == SSG_OK);
  SsgArray temporary = array(x.shape);
  CHECK(klass->allocate(state, 100, &other) == SSG_NO_MEMORY);
  pretend_fail_allocations(0, 0);
  pretend_refuse_library_call(PRETEND_NOT_SUPPORTED);
  SsgOpCall product = {.op = SSG_OP_MATMUL, .n_in = 2, .in = {m, m}, .out = temporary};
  product.out.shape = m.shape;
  CHECK(klass->run(state, &product) != SSG_OK);
  release(&temporary);
  CHECK(klass->graph->end(state, &other) == SSG_OK && other);
  klass->graph->release(state, other);
  CHECK(klass->graph->begin(state) == SSG_OK);
  CHECK(cudaStreamQuery(((SsgCuda *) state)->stream) != cudaSuccess);
  CHECK(klass->graph->end(state, &other) == SSG_FAILED && !other && strstr(klass->error(state), "cudaStreamEndCapture"));
  CHECK(klass->graph->launch(state, graph) == SSG_OK);
  CHECK(klass->download(state, got, out.data, sizeof got) == SSG_OK && memcmp(got, expected, sizeof got) == 0);

  /* Its memory was given away: room is made, once. */
  int trims = pretend_graph_trims();
  pretend_fail_graph_memory(1);
  CHECK(klass->graph->launch(state, graph) == SSG_OK && pretend_graph_trims() == ++trims);
  pretend_fail_graph_memory(2);
  CHECK(klass->graph->launch(state, graph) == SSG_NO_MEMORY && pretend_graph_trims() == ++trims);
  CHECK(klass->graph->launch(state, graph) == SSG_OK && pretend_graph_trims() == trims);

  /* So it is where a recording ends. */
  for (int i = 1; i <= 2; i++) {
    CHECK(klass->graph->begin(state) == SSG_OK && work(&x, &w, &m, &out) == SSG_OK);
    pretend_fail_graph_memory(i);
    SsgStatus status = klass->graph->end(state, &other);
    CHECK(status == (i == 1 ? SSG_OK : SSG_NO_MEMORY) && pretend_graph_trims() == ++trims && !other == (i == 2));
    klass->graph->release(state, other);
    trims = pretend_graph_trims();
  }

  klass->graph->release(state, graph);
  klass->graph->release(state, NULL);
  CHECK(pretend_live_objects() == with_plans);

  /* A device that is lost gives up its graphs without touching anything. */
  CHECK(klass->graph->begin(state) == SSG_OK && work(&x, &w, &m, &out) == SSG_OK);
  CHECK(klass->graph->end(state, &graph) == SSG_OK);
  pretend_break(cudaErrorIllegalAddress);
  CHECK(klass->graph->launch(state, graph) == SSG_LOST && strstr(klass->error(state), "stopped working"));
  CHECK(klass->graph->begin(state) == SSG_LOST);
  klass->graph->release(state, graph);
  klass->close(state);
  return 0;
}
