import { AbortedError, mustRun, state } from './state.ts';

// module `k6/execution`, what of it the script uses

function scenario() {
  if (state.scenario === undefined) throw new Error('there is no scenario outside of an iteration');
  return state.scenario;
}

// biome-ignore lint/style/noDefaultExport: k6 has it so
export default {
  scenario: {
    get iterationInTest() {
      return scenario().iterationInTest;
    },
    get startTime() {
      return scenario().startTime;
    },
  },
  test: {
    abort(message = ''): never {
      mustRun('test.abort');
      throw new AbortedError(message);
    },
  },
};
