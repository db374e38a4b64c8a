export { COUNTRIES } from '../../model/countries.ts';
