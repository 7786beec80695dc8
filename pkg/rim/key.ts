/** API keys as servers describe them and as pages see them. */

/** Where an account's keys are. */
export const PATH = '/api/v3/api_keys';

export interface Named {
  schema: string;
  name: string;
  permissions: string[];
  owner?: boolean;
}

export interface ServerKey {
  name: string;
  user?: { username?: string };
  type: string;
  token: string;
  grants?: { type: string; apis?: string[]; tables?: Named[]; schemas?: Named[]; services?: string[] }[];
  created_at?: string;
  updated_at?: string;
}

export interface ApiKey {
  name: string;
  user: string | undefined;
  type: string;
  token: string;
  apis: string[];
  datasets: Named[];
  schemas: Named[];
  dataservices: string[];
  createdAt: Date | undefined;
  updatedAt: Date | undefined;
}

/** `2018-02-14 13:23:12 +0000`, as Ruby writes it. */
function moment(text?: string): Date | undefined {
  const [day, time, zone = ''] = text?.split(' ') ?? [];
  return day ? new Date(time ? `${day}T${time}${zone}` : day) : undefined;
}

/** A key as pages see it. */
export function keyOf(key: ServerKey): ApiKey {
  const section = (type: string): NonNullable<ServerKey['grants']>[number] | undefined => key.grants?.find((grant) => grant.type === type);
  const database = section('database');
  return {
    name: key.name,
    user: key.user?.username,
    type: key.type,
    token: key.token,
    apis: section('apis')?.apis ?? [],
    datasets: database?.tables ?? [],
    schemas: database?.schemas ?? [],
    dataservices: section('dataservices')?.services ?? [],
    createdAt: moment(key.created_at),
    updatedAt: moment(key.updated_at),
  };
}
