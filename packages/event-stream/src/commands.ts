import { type ConnectionOptions, openConnection } from './connection.ts';

/** A connection for the commands of others: of a library that speaks to Redis through a function. */
export interface CommandConnection {
  /**
   * Sends a command as it is.
   *
   * @throws {StreamRefusedError} Redis answered with an error, its `code` says which
   * @throws {StreamUnavailableError} no connection, or no answer in time: the outcome is unknown
   */
  send(...command: string[]): Promise<unknown>;
  close(): Promise<void>;
}

export function openCommands(options: ConnectionOptions): CommandConnection {
  const connection = openConnection(options);
  return {
    send: (...command) => connection.run((client) => client.sendCommand(command)),
    close: () => connection.close(),
  };
}
